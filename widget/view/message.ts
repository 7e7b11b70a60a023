/** One message of the conversation: what the reader asked, or what came back. */
import { html, nothing } from "lit";
import type { MessageBlock } from "../../protocol/index.ts";
import type { AssistantMessage, ChatMessage, UserMessage } from "../chat.ts";
import type { Labels } from "../labels.ts";
import { blockList } from "../render/block-list.ts";
import type { Desk } from "./desk.ts";
import { duration } from "./duration.ts";
import { kit } from "./kit.ts";
import type { Loaded, Parts } from "./parts.ts";
import type { Renderers } from "./renderers.ts";

/** What a message needs to know of the conversation around it. */
export interface MessageContext {
  readonly labels: Labels;
  /** True for the last message of a conversation at rest that may be written to: it can be asked again. */
  readonly canRepeat: boolean;
  /** True where the reader may ask for the rest of an answer that was cut, in words of their own. */
  readonly canGoOn: boolean;
  /** When asking again may help, in words; empty when it may now. */
  readonly when: string;
  /** True where calls may be allowed and denied. */
  readonly canDecide: boolean;
  /** Said beside answers of a provider that must be labelled. */
  readonly label: string;
  readonly renderers: Renderers;
  readonly images: string;
  readonly links: string;
  /** What can be done with messages; null until it is loaded. Its version, and whether the conversation rests, are here so that a change is drawn. */
  readonly desk: Pick<Desk, "instead" | "below"> | null;
  readonly version: number;
  readonly rests: boolean;
  /** The parts that are there; what is missing is asked for. */
  readonly loaded: Loaded;
  readonly need: Parts["need"];
}

export const messageView = (message: ChatMessage, context: MessageContext): unknown =>
  message.role === "user" ? userView(message, context) : assistantView(message, context);

function userView(message: UserMessage, context: MessageContext): unknown {
  const { labels, desk, canRepeat } = context;
  const { id, text, attachments, state, waiting, error } = message;
  return html`<article part="message user-message" class="user" data-id=${id} aria-label=${labels.you}>
    ${desk?.instead(message) ?? html`<div part="bubble" class="bubble">${text}</div>`}
    ${attachments.map(({ name }) => html`<span class="chip">${name}</span>`)}
    ${state === "queued" && !waiting ? html`<span class="quiet">${labels.queued}</span>` : nothing}
    ${state === "failed" ? failure(error?.message ?? labels.notSent, context) : nothing}
    ${desk?.below(message, canRepeat) ?? nothing}
  </article>`;
}

function assistantView(message: AssistantMessage, context: MessageContext): unknown {
  const { labels, label, need } = context;
  const running = message.status === "running";
  const shown = message.blocks.filter((block) => block.kind !== "source");
  const sources = message.blocks.filter((block) => block.kind === "source");
  return html`<article
    part="message answer"
    class="answer"
    data-id=${message.id}
    aria-label=${labels.answer}
    aria-busy=${running}
  >
    ${label === "" ? nothing : html`<span part="label" class="chip">${label}</span>`}
    ${shown.map((block, index) => blockView(block, running && index === shown.length - 1, message, context))}
    ${message.voided && running ? html`<span class="quiet">${labels.voided}</span>` : nothing}
    ${running && shown.length === 0 ? waitingView(labels) : nothing}
    ${sources.length === 0 ? nothing : need("agent")?.sourcesView(kit, sources, labels)}
    ${running ? nothing : endView(message, context)}
  </article>`;
}

function blockView(
  block: MessageBlock,
  growing: boolean,
  { status, voided }: AssistantMessage,
  { labels, canDecide, renderers, images, links, need }: MessageContext,
): unknown {
  const running = status === "running";
  const { copy, image, table } = labels;
  const drawing = { copy, image, table, images, links, renderers };
  switch (block.kind) {
    case "text": {
      // The same nodes before, while and after they are void: what is written again alike does not even flicker.
      const mark = voided && running ? "voided" : "";
      const role = mark === "" ? nothing : "deletion";
      const text = html`<div
        part="text ${mark}"
        class="md ${mark}"
        role=${role}
        ${blockList(block.text, block.open && growing, drawing)}
      ></div>`;
      return block.canned === true ? cannedView(text, labels) : text;
    }
    case "reasoning":
      return html`<details part="thinking" class=${block.open && growing ? "thinking growing" : "thinking"}>
        <summary>${block.open && growing ? labels.thinking : thought(block.ms, labels)}</summary>
        <div class="md" ${blockList(block.text, block.open && growing, drawing)}></div>
      </details>`;
    case "refusal":
      return html`<p part="refusal" class="note">${block.text}</p>`;
    case "tool":
      return (
        need("agent")?.toolCard(kit, block, { running, canDecide, renderers }, labels) ?? html`<p>${block.name}</p>`
      );
    case "source":
      return nothing;
  }
}

const thought = (ms: number | undefined, { thought: word, locale }: Labels): string =>
  ms === undefined ? word : `${word} · ${duration(ms, locale)}`;

/** Nobody shall take for a model's answer what was written before the question. */
const cannedView = (text: unknown, labels: Labels): unknown =>
  html`<div part="canned" class="canned" role="group" aria-label=${labels.canned}>
    <span class="chip" aria-hidden="true">${labels.canned}</span>${text}
  </div>`;

/** What stands where the first words will be. */
export const waitingView = (labels: Labels): unknown =>
  html`<div part="waiting" class="waiting" role="img" aria-label=${labels.waiting}><i></i><i></i><i></i></div>`;

function endView(message: AssistantMessage, context: MessageContext): unknown {
  const { labels, canRepeat, when } = context;
  const note = endWords(message, labels);
  const failed = message.status === "error";
  const cut = message.status === "interrupted";
  return html`${note === "" || failed ? nothing : html`<p part="note" class="note">${note} ${when}</p>`}
  ${failed ? failure(note, context) : nothing} ${cut && canRepeat ? afterCut(message, context) : nothing}
  ${context.desk?.below(message, canRepeat) ?? nothing}`;
}

/** How an answer ended, where that is not simply its end; else empty. */
export const endWords = ({ end, status }: AssistantMessage, { ends }: Labels): string =>
  (status === "error" && end?.error?.message) || (ends[end?.reason ?? "stop"] ?? "");

const isSilent = ({ blocks }: AssistantMessage): boolean =>
  blocks.every((block) => block.kind !== "text" || block.text === "");

/** The rest of what is there, or all of it once more. */
const afterCut = (message: AssistantMessage, { labels, canGoOn }: MessageContext): unknown =>
  html`<div class="decision">
    ${
      canGoOn && !isSilent(message)
        ? html`<button type="button" part="continue" class="yes" data-do="continue">${labels.goOn}</button>`
        : nothing
    }
    ${again(labels)}
  </div>`;

const failure = (text: string, { canRepeat, when, labels }: MessageContext): unknown =>
  html`<div part="error" class="error">
    <span>${text}</span>
    ${when === "" ? nothing : html`<span>${when}</span>`} ${canRepeat ? again(labels) : nothing}
  </div>`;

const again = (labels: Labels): unknown => html`<button type="button" data-do="retry">${labels.retry}</button>`;
