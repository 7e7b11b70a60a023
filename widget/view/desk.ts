/** All that can be done besides asking and reading: loaded once there is time for it, drawn where the frame has a place. */
import { visibleText } from "../../protocol/index.ts";
import type { ChatMessage, InputLimits, UserMessage } from "../chat.ts";
import { codeBeside, copyAnswer, copyText } from "./copy.ts";
import type { DeskHost, WordKit } from "./desk-host.ts";
import { strokes } from "./desk-icons.ts";
import { en, say } from "./desk-words.ts";
import { editForm } from "./edit-form.ts";
import type { EditState } from "./edit-form.ts";
import { pickFiles, takeInFiles } from "./file-intake.ts";
import type { Files } from "./files.ts";
import type { HistoryPanel } from "./history-panel.ts";
import type { Kit } from "./kit.ts";
import { answerActions, questionActions } from "./message-actions.ts";
import { canDictate, Voice } from "./voice.ts";

export { deskHost } from "./desk-host.ts";
export { styles } from "./desk-styles.ts";

/** What an older proxy, which does not tell, takes by default. */
const USUAL_LIMITS: InputLimits = { inputChars: 32_000, attachments: 16, attachmentsBytes: 8_388_608 };

export class Desk {
  /** Counts what messages must be drawn anew for. */
  version = 0;
  readonly #host: DeskHost;
  readonly #kit: WordKit;
  readonly #judged = new Map<string, "good" | "bad">();
  #editing: EditState | null = null;
  #files: Files | null = null;
  #panel: HistoryPanel | null = null;
  #isOpen = false;
  readonly #voice: Voice;

  constructor(kit: Kit, host: DeskHost) {
    this.#host = host;
    let labels = host.labels;
    let words = { ...en, ...labels };
    this.#kit = {
      ...kit,
      say,
      strokes: (name) => strokes(kit, name),
      get words() {
        if (labels !== host.labels) words = { ...en, ...(labels = host.labels) };
        return words;
      },
    };
    this.#voice = new Voice(host, () => this.#redraw());
    takeInFiles(host.root, (files) => void this.addFiles(files));
  }

  /** Stops what goes on by itself: speech in both directions. */
  close(): void {
    this.#voice.close();
  }

  /** Above the conversation's end: new, and the list of the others. */
  bar(): unknown {
    const { html, nothing, strokes: draw, words } = this.#kit;
    if (this.#host.readonly) return nothing;
    return html`<div part="bar" class="bar">
        ${
          this.#host.chat.messages.length === 0
            ? nothing
            : html`<button
                type="button"
                data-do="begin"
                aria-label=${words.newConversation}
                title=${words.newConversation}
              >
                ${draw("plus")}
              </button>`
        }
        <button
          type="button"
          data-do="history"
          aria-label=${words.conversations}
          title=${words.conversations}
          aria-expanded=${this.#isOpen}
        >
          ${draw("menu")}
        </button>
      </div>
      ${this.#isOpen ? this.#panel?.view() : nothing}`;
  }

  /** Buttons after the reader's text: where they come later they move no word. */
  tools(): unknown {
    const { html, nothing, words, icon, strokes: draw } = this.#kit;
    const isActive = this.#voice.isDictating;
    const label = isActive ? words.stopDictating : words.dictate;
    return html`${
      this.#limits.attachments > 0
        ? html`<button
            type="button"
            part="attach"
            class="tool-button"
            data-do="attach"
            aria-label=${words.attach}
            title=${words.attach}
          >
            ${draw("clip")}
          </button>`
        : nothing
    }${
      canDictate()
        ? html`<button
            type="button"
            part="dictate"
            class="tool-button"
            data-do="dictate"
            aria-label=${label}
            title=${label}
            aria-pressed=${isActive}
          >
            ${isActive ? icon("stop") : draw("microphone")}
          </button>`
        : nothing
    }`;
  }

  /** The files that go with the reader's text. */
  staged(): unknown {
    return this.#files?.view() ?? this.#kit.nothing;
  }

  takeFiles(): readonly File[] {
    return this.#files?.take() ?? [];
  }

  async addFiles(files: Iterable<File>): Promise<void> {
    await this.#host.parts.load("files");
    const part = this.#host.parts.loaded.files;
    if (part === undefined || this.#host.readonly || this.#limits.attachments === 0) return;
    this.#files ??= new part.Files(
      this.#kit,
      () => this.#limits,
      () => this.#host.requestUpdate(),
    );
    await this.#files.add(files);
  }

  /** In place of a question while it is being edited; null otherwise. */
  instead({ id }: UserMessage): unknown {
    if (this.#editing?.id !== id) return null;
    return editForm(this.#kit, this.#editing, {
      onDraft: (draft) => this.#edit({ id, draft, refused: "" }),
      onCancel: () => this.#endEdit(id),
      onSend: () => void this.#sendEdit(id),
    });
  }

  below(message: ChatMessage, canRepeat: boolean): unknown {
    if (message.id === this.#editing?.id) return this.#kit.nothing;
    if (message.role === "user") return questionActions(this.#kit, this.#host, message);
    const { id } = message;
    const state = { canRepeat, judged: this.#judged.get(id), reading: this.#voice.reading === id };
    return answerActions(this.#kit, this.#host, message, state);
  }

  /** Does what a button asks for. @throws what the conversation refused */
  async press(button: HTMLElement): Promise<void> {
    const { chat } = this.#host;
    const { do: does = "", id = "", call = "" } = button.dataset;
    const article = button.closest("article");
    const message = chat.messages.find((it) => it.id === article?.dataset["id"]);
    switch (does) {
      case "code":
        await copyText(codeBeside(button), button);
        return this.#copied(button);
      case "answer":
        if (message?.role !== "assistant") return;
        await copyAnswer(visibleText(message), [...(article?.querySelectorAll(".md") ?? [])], button);
        return this.#copied(button);
      case "regenerate":
        return chat.regenerate();
      case "approve":
        return chat.approve(call);
      case "deny":
        return chat.deny(call);
      case "edit":
        if (message?.role === "user") this.#edit({ id: message.id, draft: message.text, refused: "" });
        return this.#focus(article?.dataset["id"], "textarea");
      case "take-back":
        return chat.takeBack(message?.id ?? "");
      case "version":
        if (button.ariaDisabled !== "true") this.#turn(id, button);
        return;
      case "good":
      case "bad":
        return this.#judge(message?.id ?? "", does);
      case "read":
        return article === null ? undefined : this.#voice.read(message?.id ?? "", article);
      case "attach":
        return pickFiles((files) => void this.addFiles(files));
      case "dictate":
        return this.#voice.dictate();
      case "history":
        return this.#toggleHistory();
      case "begin":
        chat.clear();
        return this.#host.root.querySelector<HTMLElement>(".composer textarea")?.focus();
    }
  }

  get #limits(): InputLimits {
    return this.#host.chat.agent?.limits ?? USUAL_LIMITS;
  }

  #copied(button: HTMLElement): void {
    button.dataset["done"] = "";
    this.#host.say(this.#kit.words.copied);
  }

  #redraw(): void {
    this.version += 1;
    this.#host.requestUpdate();
  }

  #edit(state: EditState | null): void {
    this.#editing = state;
    this.#redraw();
  }

  #endEdit(id: string): void {
    this.#edit(null);
    this.#focus(id, "[data-do=edit]");
  }

  async #sendEdit(id: string): Promise<void> {
    const { draft = "" } = this.#editing ?? {};
    if (draft.trim() === "") return;
    this.#edit(null);
    this.#host.root.querySelector<HTMLElement>(".composer textarea")?.focus();
    try {
      await this.#host.chat.edit(id, draft);
    } catch (thrown) {
      // What the proxy refused is shown as a question of its own; what did not even begin, here.
      const isThere = this.#host.chat.messages.some((message) => message.id === id);
      if (isThere) this.#edit({ id, draft, refused: thrown instanceof Error ? thrown.message : String(thrown) });
    }
  }

  /** Focus goes on at the same button of the version that came. */
  #turn(id: string, button: HTMLElement): void {
    const at = [...(button.parentElement?.children ?? [])].indexOf(button);
    const isAnswer = button.closest("article")?.matches(".answer") === true;
    this.#host.chat.showVersion(id);
    const { messages } = this.#host.chat;
    const place = messages.findIndex((message) => message.id === id) + (isAnswer ? 1 : 0);
    this.#focus(messages[place]?.id, `.versions > :nth-child(${at + 1})`);
  }

  #judge(id: string, value: "good" | "bad"): void {
    const isTakenBack = this.#judged.get(id) === value;
    if (isTakenBack) this.#judged.delete(id);
    else this.#judged.set(id, value);
    this.#host.onJudged(id, isTakenBack ? undefined : value);
    this.#redraw();
  }

  async #toggleHistory(): Promise<void> {
    if (this.#isOpen) return this.#closeHistory();
    await this.#host.parts.load("history");
    const part = this.#host.parts.loaded.history;
    if (part === undefined) return;
    this.#panel ??= new part.HistoryPanel(this.#kit, this.#host, () => this.#closeHistory());
    this.#isOpen = true;
    this.#host.requestUpdate();
    requestAnimationFrame(() => this.#host.root.querySelector<HTMLElement>(".history")?.focus());
    await this.#panel.refresh();
  }

  #closeHistory(): void {
    this.#isOpen = false;
    this.#host.requestUpdate();
    this.#host.root.querySelector<HTMLElement>("[data-do=history]")?.focus();
  }

  /** Once it is drawn. */
  #focus(id: string | undefined, selector: string): void {
    requestAnimationFrame(() =>
      [...this.#host.root.querySelectorAll<HTMLElement>("article")]
        .find((article) => article.dataset["id"] === id)
        ?.querySelector<HTMLElement>(selector)
        ?.focus(),
    );
  }
}
