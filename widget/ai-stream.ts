/** `<ai-stream>`: attributes, slots, parts and events around one conversation; the stream controller does the work. */
import { css, html, nothing } from "lit";
import type { PropertyValues } from "lit";
import { modeOf, verbosityOf } from "./attributes.ts";
import { frameStyles } from "./ai-stream.styles.ts";
import { press } from "./buttons.ts";
import { ChatElement } from "./chat-element.ts";
import { Extras } from "./extras.ts";
import { Language } from "./language.ts";
import { markdownStyles } from "./render/markdown.styles.ts";
import type { Bubble } from "./view/bubble.ts";
import { Countdown } from "./view/countdown.ts";
import { frame } from "./view/frame.ts";
import { messageStyles } from "./view/message.styles.ts";
import { latest } from "./view/latest.ts";
import { endWords } from "./view/message.ts";
import type { Spoken } from "./view/spoken.ts";
import { StickyScroll } from "./view/sticky-scroll.ts";

/** After something could not be loaded it is tried again, at the earliest after this many milliseconds. */
const AGAIN_MS = 5_000;

/**
 * A streaming AI answer or chat.
 *
 * ```html
 * <script type="module" src="https://cdn.example/ai-stream.js"></script>
 * <ai-stream endpoint="https://proxy.example" agent="support"></ai-stream>
 * ```
 *
 * @attr endpoint - the proxy's address, absolute or relative to the page; required
 * @attr agent - which of the proxy's agents answers; its first one when absent
 * @attr {chat|answer|bubble} mode - `chat` (default): a conversation; `answer`: the answer to `prompt` and nothing else;
 *   `bubble`: a launcher in the corner of the page that opens the conversation
 * @attr open - `bubble` mode: the conversation is shown
 * @attr prompt - what is asked in `answer` mode
 * @attr conversation - the id of a conversation to show and go on with
 * @attr {auto|ws|sse} transport - how to reach the proxy; `auto` (default) finds out
 * @attr access-token - shown to the proxy; see also the property `getAccessToken`
 * @attr {smooth|instant} pace - `smooth` (default) evens bursts out over a few frames
 * @attr {auto|light|dark} theme - `auto` (default) follows the system
 * @attr lang - the language of the element's own words; that of the nearest ancestor when absent
 * @attr {off|status|sentences|full} verbosity - what screen readers are told by themselves; `sentences` by default
 * @attr placeholder - what the empty composer says
 * @attr readonly - no composer, no actions: only reading
 * @attr images - hosts that images load from, `*.example.com` for all below one, `ask` for a button on all others; none
 * @attr links - hosts that links may lead to; any when absent
 * @attr feedback - buttons to judge answers, for `ai-stream-feedback`
 *
 * @fires {AiStreamStartEvent} ai-stream-start - an answer began
 * @fires {AiStreamTokenEvent} ai-stream-token - text was shown
 * @fires {AiStreamBlockEvent} ai-stream-block - a block is final
 * @fires {AiStreamToolEvent} ai-stream-tool - a tool call changed its state
 * @fires {AiStreamMessageEvent} ai-stream-message - an answer ended
 * @fires {AiStreamStatusEvent} ai-stream-status - the conversation started, streams, stops or came to rest
 * @fires {AiStreamConnectionEvent} ai-stream-connection - the connection changed
 * @fires {AiStreamErrorEvent} ai-stream-error - something failed
 * @fires {AiStreamFeedbackEvent} ai-stream-feedback - the reader judged an answer
 *
 * @slot header - above the conversation
 * @slot welcome - in place of the agent's greeting while the conversation is empty
 * @slot footer - below the composer
 * @slot title - `bubble` mode: the panel's title
 * @slot launcher - `bubble` mode: the drawing on the launcher
 *
 * @csspart frame - everything
 * @csspart conversation - the scrolling part
 * @csspart message - a message; `user-message` and `answer` tell whose
 * @csspart bubble - the reader's words
 * @csspart text - an answer's text
 * @csspart thinking - the folded reasoning
 * @csspart tool - a tool call; `approve` and `deny` its buttons
 * @csspart sources - the citations of an answer
 * @csspart code - a code block; `copy-code` its button
 * @csspart table - the box a table scrolls in
 * @csspart link - a link in an answer
 * @csspart image - what stands for a remote image; `load-image` its button, `picture` the image once it may load
 * @csspart math - a formula
 * @csspart rendered - what a renderer of the page drew in place of a code block
 * @csspart footnotes - the notes at the end of an answer; `footnote` the marks that lead to them
 * @csspart label - what a provider must be labelled with
 * @csspart refusal - a refusal
 * @csspart note - how an answer ended, where that needs saying
 * @csspart error - what failed
 * @csspart voided - text being written again; it stays until the new text has caught up
 * @csspart canned - a prepared text that no model wrote
 * @csspart continue - the button that asks for the rest of an answer that was cut
 * @csspart waiting - stands where the first words will be
 * @csspart actions - the buttons below an answer
 * @csspart welcome - the empty conversation; `greeting` and `starter` inside it
 * @csspart jump - the button back to the latest text
 * @csspart connection - the line above the composer
 * @csspart composer - the composer; `input` its text area
 * @csspart button - its button; `send` or `stop` tells which; `attach` and `dictate` stand before it
 * @csspart attachments - the files about to be sent; `attachment` one of them
 * @csspart edit - a message being changed
 * @csspart versions - the way between versions of a message
 * @csspart bar - the buttons of a new conversation and of the list of all; `history` the list
 * @csspart launcher - `bubble` mode: the launcher; `unread` its mark
 * @csspart panel - `bubble` mode: what it opens; `head` its first line with `title` and `close`
 *
 * @cssprop [--ai-stream-height=min(max(42rem, 672px), 85dvh)] - height in `chat` mode, greatest height of the panel
 * @cssprop [--ai-stream-width=max(25rem, 400px)] - width of the panel
 * @cssprop [--ai-stream-measure=max(46rem, 736px)] - widest line
 * @cssprop [--ai-stream-font=system-ui] - font family
 * @cssprop [--ai-stream-font-mono=ui-monospace] - font family of code
 * @cssprop [--ai-stream-font-size=max(0.9375rem, 15px)] - font size
 * @cssprop [--ai-stream-line-height=1.6] - line height
 * @cssprop [--ai-stream-radius=16px] - corners of the frame; all others follow
 * @cssprop [--ai-stream-space=16px] - distances between and around messages follow it
 * @cssprop --ai-stream-background - background
 * @cssprop --ai-stream-color - text
 * @cssprop --ai-stream-muted - secondary text
 * @cssprop --ai-stream-soft - quiet surfaces
 * @cssprop --ai-stream-line - borders
 * @cssprop --ai-stream-accent - links, the send button, the launcher
 * @cssprop --ai-stream-on-accent - on these
 * @cssprop --ai-stream-focus - focus rings; the accent by default
 * @cssprop --ai-stream-bubble - the reader's bubbles
 * @cssprop --ai-stream-on-bubble - their text
 * @cssprop --ai-stream-field - the composer
 * @cssprop --ai-stream-field-line - its border
 * @cssprop --ai-stream-code-background - code blocks
 * @cssprop --ai-stream-danger - what failed, and the mark of news
 * @cssprop --ai-stream-success - what went well
 * @cssprop --ai-stream-shadow - shadow of what floats
 * @cssprop [--ai-stream-launcher-size=56px] - the launcher
 * @cssprop [--ai-stream-inset=20px] - its distance from the corner of the window
 * @cssprop [--ai-stream-layer=1000] - its z-index
 */
export class AiStream extends ChatElement {
  static override styles = [frameStyles, messageStyles, markdownStyles];
  /** @internal */
  declare draft: string;
  /** @internal */
  protected readonly extras: Extras;

  readonly #language: Language;
  readonly #scroll: StickyScroll;
  #spoken: Spoken | null = null;
  /** In `bubble` mode, once it is loaded. */
  #bubble: Bubble | null = null;
  /** Nothing is loaded before this time, of `performance.now()`. */
  #loadsAt = 0;

  constructor() {
    super();
    this.draft = "";
    this.#language = new Language(this, () => this.labels);
    this.#scroll = new StickyScroll(this, () => this.renderRoot.querySelector(".scroller"));
    new Countdown(this, () => Math.max(this.connection.retryAt ?? 0, latest(this.messages)?.retryAt ?? 0));
    const say = (text: string): void => this.#spoken?.say(text);
    this.extras = new Extras(this, { chat: this.chat, labels: () => this.#language.words, say });
  }

  /** The live region of a closed panel is not heard: there is another one beside it. */
  get #heard(): HTMLElement | null {
    const regions = this.renderRoot.querySelectorAll<HTMLElement>(".spoken");
    return regions[this.open ? 0 : regions.length - 1] ?? null;
  }

  override async send(text: string, options?: { attachments?: readonly File[] }): Promise<void> {
    this.#scroll.jump();
    await super.send(text, options);
  }

  override focus(options?: FocusOptions): void {
    this.renderRoot.querySelector<HTMLElement>(".composer textarea")?.focus(options);
  }

  /** Nothing is drawn in one language only to change to another a moment later. */
  protected override scheduleUpdate(): void | Promise<unknown> {
    const { loading } = this.#language;
    return this.hasUpdated || loading === null ? super.scheduleUpdate() : loading.then(() => super.scheduleUpdate());
  }

  protected override willUpdate(changed: PropertyValues<this>): void {
    super.willUpdate(changed);
    if (changed.has("labels")) this.#language.refresh();
    this.#bubble?.follow(latest(this.messages));
  }

  protected override render(): unknown {
    const { messages, status, connection, agent } = this.chat;
    const mode = modeOf(this.mode);
    const { words, direction } = this.#language;
    const content = frame({
      mode,
      messages,
      status,
      connection,
      agent,
      labels: words,
      readonly: this.readonly,
      draft: this.draft,
      placeholder: this.placeholder,
      following: this.#scroll.following,
      silent: verbosityOf(this.verbosity) === "off",
      mistake: this.mistake,
      tags: this.#language.tags,
      direction,
      renderers: this.renderers,
      images: this.images,
      links: this.links,
      extras: this.extras,
      onDraft: this.#onDraft,
      onSend: this.#onSend,
      onScroll: this.#scroll.onScroll,
      onClick: this.#onClick,
    });
    return mode === "bubble" ? (this.#bubble?.draw(content, words, direction) ?? nothing) : content;
  }

  /** What the first drawing does not wait for. What cannot be loaded now is tried again at a later update. */
  async #load(): Promise<void> {
    const needsBubble = this.mode === "bubble" && this.#bubble === null;
    if ((!needsBubble && this.#spoken !== null) || performance.now() < this.#loadsAt) return;
    this.#loadsAt = performance.now() + AGAIN_MS;
    try {
      if (needsBubble) {
        this.#bubble = new (await import("./view/bubble.ts")).Bubble(this, { css, html, nothing });
        this.requestUpdate();
      }
      this.#spoken ??= (await import("./view/spoken.ts")).spokenIn(() => this.#heard, endWords);
      this.requestUpdate();
      this.#loadsAt = 0;
    } catch {
      // Offline, or a newer version has taken the place of this one.
    }
  }

  protected override updated(changed: PropertyValues<this>): void {
    super.updated(changed);
    void this.#load();
    const verbosity = verbosityOf(this.verbosity);
    // Nobody listens to an answer behind a closed door; that it is there they are told.
    const isAway = this.mode === "bubble" && !this.open && verbosity !== "off";
    this.#spoken?.follow(latest(this.messages), this.#language.words, isAway ? "status" : verbosity);
    if (modeOf(this.mode) === "answer" && (changed.has("prompt") || changed.has("mode"))) void this.#askPrompt(changed);
  }

  /** A conversation restored after a reload has its answer already: only another prompt is asked anew. */
  async #askPrompt(changed: PropertyValues<this>): Promise<void> {
    const { prompt } = this;
    if (prompt === "" || this.mistake !== null) return;
    if ((changed.get("prompt") ?? "") !== "") this.clear();
    await this.chat.ready;
    const isAsked = this.chat.conversation !== null || this.messages.length > 0;
    if (!isAsked && prompt === this.prompt) this.#onSend(prompt);
  }

  readonly #onDraft = (text: string): void => {
    this.draft = text;
  };

  readonly #onSend = (text: string): void => {
    if (text.trim() === "") return;
    this.draft = "";
    // What was refused stays in the conversation, marked; what was not even taken goes back to the composer.
    const attachments = this.extras.desk?.takeFiles() ?? [];
    this.send(text, { attachments }).catch(() => {
      if (this.messages.some((message) => message.role === "user" && message.text === text)) return;
      this.draft ||= text;
      void this.extras.desk?.addFiles(attachments);
    });
  };

  readonly #onClick = (event: Event): void => {
    const goOn = (): Promise<void> => this.send(this.#language.words.continueInput);
    void press(event, { chat: this.chat, extras: this.extras, jump: () => this.#scroll.jump(), goOn });
  };
}
