/** One message of the conversation: what the reader asked, or what came back. */
import { html, nothing } from "lit";
import { visibleText } from "../../protocol/index.ts";
import type { MessageBlock, SourceBlock } from "../../protocol/index.ts";
import type { AssistantMessage, ChatMessage, UserMessage } from "../chat.ts";
import type { Labels } from "../labels.ts";
import { blockList } from "../render/block-list.ts";
import { link } from "../render/inline-template.ts";
import { icon } from "./icons.ts";
import { seconds, toolCard } from "./tool-card.ts";

/** What a message needs to know of the conversation around it. */
export interface MessageContext {
  readonly labels: Labels;
  /** True for the last message of a conversation at rest that may be written to: it can be asked again. */
  readonly canRepeat: boolean;
  /** True where calls may be allowed and denied. */
  readonly canDecide: boolean;
  /** Said beside answers of a provider that must be labelled. */
  readonly label: string;
}

export const messageView = (message: ChatMessage, context: MessageContext): unknown =>
  message.role === "user" ? userView(message, context) : assistantView(message, context);

function userView({ text, attachments, state, error }: UserMessage, { labels, canRepeat }: MessageContext): unknown {
  return html`<article part="message user-message" class="user" aria-label=${labels.you}>
    <div part="bubble" class="bubble">${text}</div>
    ${attachments.map(({ name }) => html`<span class="chip">${name}</span>`)}
    ${state === "queued" ? html`<span class="quiet">${labels.queued}</span>` : nothing}
    ${state === "failed" ? failure(error?.message ?? labels.notSent, canRepeat, labels) : nothing}
  </article>`;
}

function assistantView(message: AssistantMessage, context: MessageContext): unknown {
  const { labels, label } = context;
  const running = message.status === "running";
  const shown = message.blocks.filter((block) => block.kind !== "source");
  const sources = message.blocks.filter((block) => block.kind === "source");
  return html`<article part="message answer" class="answer" aria-label=${labels.answer} aria-busy=${running}>
    ${label === "" ? nothing : html`<span part="label" class="chip">${label}</span>`}
    ${shown.map((block, index) => blockView(block, running && index === shown.length - 1, message, context))}
    ${message.voided === undefined ? nothing : voidedView(message.voided.slice(visibleText(message).length).trimStart(), labels)}
    ${running && shown.length === 0 ? waitingView(labels) : nothing}
    ${sources.length === 0 ? nothing : sourcesView(sources, labels)} ${running ? nothing : endView(message, context)}
  </article>`;
}

function blockView(
  block: MessageBlock,
  growing: boolean,
  { status }: AssistantMessage,
  { labels, canDecide }: MessageContext,
): unknown {
  const running = status === "running";
  switch (block.kind) {
    case "text":
      return html`<div part="text" class="md" ${blockList(block.text, block.open && growing, labels)}></div>`;
    case "reasoning":
      return html`<details part="thinking" class="thinking">
        <summary>${block.open && growing ? labels.thinking : labels.thought}</summary>
        <div class="md" ${blockList(block.text, block.open && growing, labels)}></div>
      </details>`;
    case "refusal":
      return html`<p part="refusal" class="note">${block.text}</p>`;
    case "tool":
      return toolCard(block, { running, canDecide }, labels);
    case "source":
      return nothing;
  }
}

/** What the new attempt has not written again yet. */
const voidedView = (text: string, labels: Labels): unknown =>
  html`<div part="voided" class="voided"><del>${text}</del><span class="quiet">${labels.voided}</span></div>`;

/** What stands where the first words will be. */
export const waitingView = (labels: Labels): unknown =>
  html`<div part="waiting" class="waiting" role="img" aria-label=${labels.waiting}><i></i><i></i><i></i></div>`;

const sourcesView = (sources: readonly SourceBlock[], labels: Labels): unknown =>
  html`<section part="sources" class="sources" aria-label=${labels.sources}>
    <ol>
      ${sources.map(({ url, title }) => html`<li>${link(url, title ?? url)}</li>`)}
    </ol>
  </section>`;

function endView(message: AssistantMessage, { labels, canRepeat }: MessageContext): unknown {
  const { reason = "stop", error } = message.end ?? {};
  const note = labels.ends[reason];
  const failed = message.status === "error";
  return html`${note === undefined || failed ? nothing : html`<p part="note" class="note">${note}</p>`}
    ${failed ? failure(error?.message ?? note ?? "", canRepeat, labels) : nothing}
    <footer part="actions" class="actions">
      ${
        visibleText(message) === ""
          ? nothing
          : html`<button type="button" data-copy="answer" aria-label=${labels.copy} title=${labels.copy}>
              ${icon("copy")}
            </button>`
      }
      ${
        canRepeat && !failed
          ? html`<button type="button" data-do="regenerate" aria-label=${labels.regenerate} title=${labels.regenerate}>
              ${icon("again")}
            </button>`
          : nothing
      }
      ${message.timings === undefined || failed ? nothing : html`<span class="quiet">${seconds(message.timings.totalMs)}</span>`}
    </footer>`;
}

const failure = (text: string, canRetry: boolean, labels: Labels): unknown =>
  html`<div part="error" class="error">
    <span>${text}</span>
    ${canRetry ? html`<button type="button" data-do="retry">${labels.retry}</button>` : nothing}
  </div>`;
