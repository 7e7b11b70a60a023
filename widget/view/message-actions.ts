/** The line below a message: what can be done with it, and what it took. */
import { visibleText } from "../../protocol/index.ts";
import type { AssistantMessage, UserMessage } from "../chat.ts";
import type { DeskHost, WordKit } from "./desk-host.ts";
import type { Counted } from "./desk-words.ts";
import { versionSwitch } from "./versions.ts";

export interface ActionState {
  /** True for the last message of a conversation at rest that may be written to: it can be asked again. */
  readonly canRepeat: boolean;
  readonly judged: "good" | "bad" | undefined;
  readonly reading: boolean;
}

export function answerActions(kit: WordKit, host: DeskHost, message: AssistantMessage, state: ActionState): unknown {
  const { html, nothing, icon, words } = kit;
  const silent = visibleText(message) === "";
  const failed = message.status === "error" || message.status === "interrupted";
  return html`<footer part="actions" class="actions">
    ${silent ? nothing : button(kit, "answer", words.copy, icon("copy"))}
    ${state.canRepeat && !failed ? button(kit, "regenerate", words.regenerate, kit.strokes("again")) : nothing}
    ${host.feedback && !silent ? judgement(kit, state.judged) : nothing}
    ${"speechSynthesis" in globalThis && !silent ? reading(kit, state.reading) : nothing}
    ${message.parent === null ? nothing : versionSwitch(kit, host, message.parent, "answer")}
    ${failed ? nothing : html`<span class="quiet">${account(kit, message)}</span>`}
  </footer>`;
}

export function questionActions(kit: WordKit, host: DeskHost, message: UserMessage): unknown {
  const { html, nothing, words } = kit;
  if (message.waiting === true) {
    return html`<footer part="actions" class="actions">
      <span class="quiet">${words.waitsTurn}</span>
      ${
        host.readonly
          ? nothing
          : html`${button(kit, "edit", words.edit, kit.strokes("pen"))}${button(kit, "take-back", words.takeBack, kit.strokes("cross"))}`
      }
    </footer>`;
  }
  // What failed can be changed, and found again once something else was asked in its place.
  if (message.state !== "sent" && message.state !== "failed") return nothing;
  const canEdit = !host.readonly && host.chat.status === "idle";
  return html`<footer part="actions" class="actions">
    ${canEdit ? button(kit, "edit", words.edit, kit.strokes("pen"), "shy") : nothing}
    ${versionSwitch(kit, host, message.id, "question")}
  </footer>`;
}

const button = ({ html }: WordKit, does: string, label: string, drawing: unknown, look = ""): unknown =>
  html`<button type="button" class=${look} data-do=${does} aria-label=${label} title=${label}>${drawing}</button>`;

const judgement = (kit: WordKit, judged: ActionState["judged"]): unknown =>
  (["good", "bad"] as const).map(
    (value) =>
      kit.html`<button
        type="button"
        data-do=${value}
        aria-label=${kit.words[value]}
        title=${kit.words[value]}
        aria-pressed=${judged === value}
      >${kit.strokes(value)}</button>`,
  );

const reading = (kit: WordKit, isReading: boolean): unknown =>
  button(
    kit,
    "read",
    isReading ? kit.words.stopReading : kit.words.readAloud,
    isReading ? kit.icon("stop") : kit.strokes("speaker"),
  );

/** What it took: time, steps, tokens and money, as far as the agent shows them. */
function account({ duration, say, words }: WordKit, { timings, steps, usage }: AssistantMessage): string {
  const number = new Intl.NumberFormat(words.locale);
  const counted = (text: Counted, count: number): string =>
    say(text, { count: number.format(count) }, count, words.locale);
  const tokens = usage.input + usage.output;
  return [
    timings === undefined ? "" : duration(timings.totalMs, words.locale),
    steps > 1 ? counted(words.steps, steps) : "",
    tokens > 0 ? counted(words.tokens, tokens) : "",
    usage.costUsd === undefined ? "" : money(usage.costUsd, words.locale),
  ]
    .filter(Boolean)
    .join(" · ");
}

/** Two significant digits: an answer costs cents, or a small part of one. */
const money = (usd: number, locale: string): string =>
  new Intl.NumberFormat(locale, {
    style: "currency",
    currency: "USD",
    ...(usd < 1 ? { maximumSignificantDigits: 2 } : {}),
  }).format(usd);
