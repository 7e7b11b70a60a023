/** The reader's conversations: to go on with, to delete, to begin anew; and the shown one as a file. */
import type { CSSResult } from "lit";
import type { ConversationNote } from "../chat.ts";
import type { DeskHost, WordKit } from "./desk-host.ts";
import { saveMarkdown } from "./export.ts";
import type { Kit } from "./kit.ts";

export class HistoryPanel {
  readonly #kit: WordKit;
  readonly #host: DeskHost;
  readonly #close: () => void;
  /** Null until the proxy has told. */
  #list: readonly ConversationNote[] | null = null;
  #failure = "";
  /** Asked for by a first press, done by a second. */
  #doomed = "";

  /** @param close shuts the panel and gives the focus back */
  constructor(kit: WordKit, host: DeskHost, close: () => void) {
    this.#kit = kit;
    this.#host = host;
    this.#close = close;
  }

  /** Reads the list anew. */
  async refresh(): Promise<void> {
    this.#doomed = this.#failure = "";
    try {
      this.#list = conversationsIn(await this.#host.chat.ask("/v1/conversations"));
    } catch (thrown) {
      this.#failure = thrown instanceof Error ? thrown.message : String(thrown);
    }
    this.#host.requestUpdate();
  }

  view(): unknown {
    const { html, nothing, words } = this.#kit;
    const { chat } = this.#host;
    const isEmpty = chat.messages.length === 0;
    const onKey = (event: KeyboardEvent): void => {
      if (event.key !== "Escape") return;
      event.stopPropagation();
      // Or a modal sheet around it would close as well.
      event.preventDefault();
      this.#close();
    };
    return html`<div
      part="history"
      class="history"
      role="dialog"
      aria-label=${words.conversations}
      tabindex="-1"
      @keydown=${onKey}
    >
      <div class="row">
        <h2>${words.conversations}</h2>
        <button type="button" class="end" aria-label=${words.close} title=${words.close} @click=${this.#close}>
          ${this.#kit.strokes("cross")}
        </button>
      </div>
      ${this.#command("plus", words.newConversation, () => this.#open(null))}
      ${isEmpty ? nothing : this.#command("down", words.exportMarkdown, () => saveMarkdown(chat.messages, words))}
      ${this.#failure === "" ? nothing : html`<p class="error" role="alert">${this.#failure}</p>`}
      ${this.#list?.length === 0 ? html`<p class="quiet">${words.noConversations}</p>` : nothing}
      <ul aria-busy=${this.#list === null && this.#failure === ""}>
        ${this.#list?.map((note) => this.#item(note))}
      </ul>
    </div>`;
  }

  #item(note: ConversationNote): unknown {
    const { html, words } = this.#kit;
    const { id, title, updatedAt } = note;
    const isDoomed = this.#doomed === id;
    const label = this.#kit.say(isDoomed ? words.deleteSurely : words.deleteOne, { title });
    return html`<li>
      <button
        type="button"
        class="open"
        aria-current=${id === this.#host.chat.conversation}
        @click=${() => this.#open(id)}
      >
        <span class="title" dir="auto">${title}</span><span class="quiet">${when(updatedAt, words.locale)}</span>
      </button>
      <button
        type="button"
        class=${isDoomed ? "bad" : ""}
        aria-label=${label}
        title=${label}
        @click=${() => this.#delete(note)}
        @blur=${() => this.#doom("")}
      >
        ${this.#kit.strokes("bin")}
      </button>
    </li>`;
  }

  readonly #command = (drawing: Parameters<WordKit["strokes"]>[0], label: string, act: () => void): unknown =>
    this.#kit.html`<button type="button" class="command" @click=${act}>${this.#kit.strokes(drawing)} ${label}</button>`;

  #open(id: string | null): void {
    if (id === null || id !== this.#host.chat.conversation) this.#host.chat.clear(id);
    this.#close();
  }

  async #delete({ id, title }: ConversationNote): Promise<void> {
    if (this.#doomed !== id) {
      this.#doom(id);
      return this.#host.say(this.#kit.say(this.#kit.words.deleteSurely, { title }));
    }
    try {
      await this.#host.chat.ask(`/v1/conversations/${encodeURIComponent(id)}`, { method: "DELETE" });
      if (id === this.#host.chat.conversation) this.#host.chat.clear();
    } catch {
      // Gone already, or not: the list tells.
    }
    await this.refresh();
  }

  #doom(id: string): void {
    if (this.#doomed === id) return;
    this.#doomed = id;
    this.#host.requestUpdate();
  }
}

/** What is not a conversation is left out: the list is for looking, and each is checked when it is opened. */
function conversationsIn(answer: unknown): readonly ConversationNote[] {
  const { conversations } = (answer ?? {}) as { readonly conversations?: unknown };
  const list = Array.isArray(conversations) ? (conversations as Partial<ConversationNote>[]) : [];
  return list.filter(
    (note): note is ConversationNote =>
      typeof note?.id === "string" && typeof note.title === "string" && typeof note.updatedAt === "number",
  );
}

const DAY_MS = 86_400_000;

/** The time for what is of today, the day for what is older. */
const when = (ms: number, locale: string): string =>
  new Intl.DateTimeFormat(locale, Date.now() - ms < DAY_MS ? { timeStyle: "short" } : { dateStyle: "medium" }).format(
    ms,
  );

export const styles = ({ css }: Kit): CSSResult => css`
  .history {
    position: absolute;
    inset-block: 0;
    inset-inline-end: 0;
    z-index: 2;
    inline-size: min(320px, 100%);
    display: flex;
    flex-direction: column;
    padding: 8px;
    background: var(--_bg);
    border-inline-start: var(--_edge);
    box-shadow: 0 0 32px light-dark(#1018281f, #0008);
    overflow-y: auto;
    overscroll-behavior: contain;
    outline: none;
  }
  .history .row {
    display: flex;
    align-items: center;
  }
  .history .end {
    margin-inline-start: auto;
  }
  .history .command {
    display: flex;
    align-items: center;
    gap: 6px;
    font-size: var(--_less);
  }
  .history :is(.end, li button:last-child) {
    color: var(--_muted);
  }
  .history li .bad {
    color: var(--_bad);
  }
  .history h2 {
    margin: 0 7px;
    font-size: 1em;
    font-weight: 600;
  }
  .history p {
    margin: 4px 7px;
  }
  .history ul {
    margin: 8px 0 0;
    padding: 8px 0 0;
    border-block-start: var(--_edge);
    list-style: none;
  }
  .history li {
    display: flex;
    align-items: center;
  }
  .history .open {
    flex: 1;
    min-inline-size: 0;
    display: flex;
    flex-direction: column;
    text-align: start;
    line-height: 1.4;
  }
  .history [aria-current="true"] {
    background: var(--_soft);
  }
  .history [aria-current="true"] .title {
    font-weight: 600;
  }
  .history .title {
    inline-size: 100%;
    overflow: hidden;
    text-overflow: ellipsis;
    white-space: nowrap;
  }
`;
