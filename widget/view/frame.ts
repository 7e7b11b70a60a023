/** The whole element: the conversation, what keeps it waiting, and where the reader writes. */
import { html, nothing } from "lit";
import { guard } from "lit/directives/guard.js";
import type { WireError } from "../../protocol/index.ts";
import type { AgentNote, ChatMessage, ChatStatus, ConnectionView } from "../chat.ts";
import type { Labels } from "../labels.ts";
import { comeBack } from "./come-back.ts";
import { composer } from "./composer.ts";
import type { Desk } from "./desk.ts";
import { pages } from "./pages.ts";
import type { Parts } from "./parts.ts";
import type { Renderers } from "./renderers.ts";
import { connectionLine } from "./connection-line.ts";
import { icon } from "./icons.ts";
import { latest } from "./latest.ts";
import { messageView, waitingView } from "./message.ts";
import { welcome } from "./welcome.ts";

export interface FrameState {
  readonly mode: "chat" | "answer" | "bubble";
  readonly messages: readonly ChatMessage[];
  readonly status: ChatStatus;
  readonly connection: ConnectionView;
  readonly agent: AgentNote | null;
  readonly labels: Labels;
  readonly readonly: boolean;
  readonly draft: string;
  readonly placeholder: string;
  /** False while the reader looks at something earlier. */
  readonly following: boolean;
  /** Screen readers are told nothing by themselves. */
  readonly silent: boolean;
  /** An attribute that is wrong: nothing else can be shown. */
  readonly mistake: WireError | null;
  /** Where the page's language is not the one spoken: the tags of both. */
  readonly tags: { readonly spoken: string; readonly wanted: string } | null;
  readonly direction: "ltr" | "rtl" | undefined;
  readonly renderers: Renderers;
  /** Which hosts images load from and links lead to. */
  readonly images: string;
  readonly links: string;
  /** What is loaded later. */
  readonly extras: {
    readonly parts: Parts;
    readonly desk: Desk | null;
    isNear(page: number): boolean;
  };
  readonly onDraft: (text: string) => void;
  readonly onSend: (text: string) => void;
  readonly onScroll: (event: Event) => void;
  readonly onClick: (event: Event) => void;
}

export function frame(state: FrameState): unknown {
  const { mode, labels, mistake, tags, direction, extras, onScroll, onClick } = state;
  const chat = mode !== "answer";
  return html`<div
    part="frame"
    class=${chat ? "frame" : "frame answer-mode"}
    dir=${direction ?? nothing}
    lang=${tags?.spoken ?? nothing}
    @click=${onClick}
    @animationend=${forget}
  >
    <slot name="header"></slot>
    <div
      part="conversation"
      class="scroller"
      lang=${tags?.wanted ?? nothing}
      role="log"
      aria-live="off"
      aria-label=${labels.conversation}
      tabindex=${chat ? 0 : nothing}
      @scroll=${onScroll}
    >
      <div class="messages">
        ${mistake === null ? conversation(state) : html`<p part="error" class="error" role="alert">${mistake.message}</p>`}
      </div>
    </div>
    ${mistake === null ? dock(state) : nothing} ${chat && mistake === null ? (extras.desk?.bar() ?? nothing) : nothing}
    <slot name="footer"></slot>
    <div class="spoken" aria-live="polite"></div>
  </div>`;
}

function conversation(state: FrameState): unknown {
  const { mode, status, agent, labels, renderers, images, links, extras, onSend } = state;
  const messages = shownMessages(mode, state.messages);
  if (state.messages.length === 0 && mode !== "answer")
    return welcome(agent, labels, state.readonly ? nothing : onSend);
  const { parts, desk } = extras;
  const { loaded, need } = parts;
  const version = desk?.version ?? 0;
  const rests = status === "idle";
  // Nobody works on anything while the reader is offline.
  const asked = !rests && state.connection.state !== "offline" && latest(messages)?.role !== "assistant";
  const last = messages.length - 1;
  const draw = (message: ChatMessage, index: number): unknown => {
    const canRepeat = index === last && status === "idle" && !state.readonly;
    const label = message.role === "assistant" ? (agent?.label ?? "") : "";
    const canDecide = !state.readonly;
    // What the reader says is seen in a chat only.
    const canGoOn = canRepeat && mode !== "answer";
    const when = index === last ? comeBack(message.retryAt, labels) : "";
    const context = {
      canRepeat,
      canGoOn,
      canDecide,
      label,
      labels,
      when,
      renderers,
      images,
      links,
      desk,
      loaded,
      need,
      version,
      rests,
    };
    return guard([message, ...Object.values(context)], () => messageView(message, context));
  };
  return html`${pages(messages, draw, extras.isNear, loaded.pages?.inWords)} ${asked ? waitingView(labels) : nothing}`;
}

/** `answer` mode shows the answers only; the page shows the question, or need not. A question that failed is told. */
export const shownMessages = (mode: FrameState["mode"], messages: readonly ChatMessage[]): readonly ChatMessage[] =>
  mode !== "answer"
    ? messages
    : messages.filter(({ role }, index) => role === "assistant" || failedLast(messages, index));

function failedLast(messages: readonly ChatMessage[], index: number): boolean {
  const message = messages[index];
  return index === messages.length - 1 && message?.role === "user" && message.state === "failed";
}

function dock(state: FrameState): unknown {
  const { mode, status, labels, draft, following, onDraft, onSend } = state;
  const placeholder = state.placeholder === "" ? labels.placeholder : state.placeholder;
  const busy = status !== "idle";
  const { desk } = state.extras;
  const field = { draft, placeholder, busy, stopping: status === "stopping", desk, onDraft, onSend };
  return html`<div class=${mode !== "answer" ? "dock" : nothing}>
    ${
      following || mode === "answer"
        ? nothing
        : html`<button
            type="button"
            part="jump"
            class="round jump"
            data-do="jump"
            aria-label=${labels.jump}
            title=${labels.jump}
          >
            ${icon("down")}
          </button>`
    }
    <div part="connection" class="connection" role=${state.silent ? nothing : "status"}>
      ${connectionLine(state.connection, labels)}
    </div>
    ${state.readonly || mode === "answer" ? nothing : composer(field, labels)}
  </div>`;
}

/** The mark of a button that has just copied lasts as long as its animation. */
function forget({ target }: Event): void {
  if (target instanceof HTMLElement) delete target.dataset["done"];
}
