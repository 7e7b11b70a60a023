/** A tool call: its name, what it is doing, how long it took, what it is about, and the buttons of whoever decides. */
import type { ToolBlock, ToolState } from "../../protocol/index.ts";
import type { Labels } from "../labels.ts";
import type { Kit } from "./kit.ts";
import type { Renderers, ToolRenderer } from "./renderers.ts";

/** What a page may hand over is drawn no further than this: arguments and results are for a glance. */
const SHOWN_CHARS = 20_000;

export interface ToolContext {
  /** Whether the answer is: a call that it ended without has no outcome that will come. */
  readonly running: boolean;
  readonly canDecide: boolean;
  readonly renderers: Renderers;
}

export function toolCard(kit: Kit, tool: ToolBlock, context: ToolContext, labels: Labels): unknown {
  const { html, nothing } = kit;
  const state = context.running ? tool.state : endOf(tool.state);
  const asks = state === "awaiting" && context.canDecide;
  const own = ownCard(tool, context.renderers);
  return html`<div
    part="tool"
    class=${own === null ? "tool" : "tool own"}
    role="group"
    aria-label=${tool.name}
    data-state=${state}
  >
    ${own ?? usualCard(kit, tool, state, asks, labels)} ${asks ? decision(kit, tool.callId, labels) : nothing}
  </div>`;
}

/** Null where the page draws nothing of its own. */
function ownCard(tool: ToolBlock, renderers: Renderers): unknown {
  const renderer = Object.hasOwn(renderers, `tool:${tool.name}`) ? renderers[`tool:${tool.name}`] : undefined;
  if (typeof renderer !== "function") return null;
  try {
    return (renderer as ToolRenderer)(tool) ?? null;
  } catch (thrown) {
    // oxlint-disable-next-line no-console -- the page's author is the one to tell
    console.error(`<ai-stream> renderers: "tool:${tool.name}" threw`, thrown);
    return null;
  }
}

type ShownState = ToolState | "unrun" | "unknown";

const usualCard = (kit: Kit, tool: ToolBlock, state: ShownState, asks: boolean, labels: Labels): unknown => {
  const { html, nothing, duration } = kit;
  const { name, args, result, error, ms } = tool;
  return html`<span class="dot"></span><strong>${name}</strong>
    <span class="quiet">${labels.tools[state]}${ms === undefined ? nothing : ` · ${duration(ms, labels.locale)}`}</span>
    ${error === undefined ? nothing : html`<p>${error}</p>`}
    ${isEmpty(args) ? nothing : folded(kit, labels.args, args, asks)}
    ${result === undefined ? nothing : folded(kit, labels.result ?? "Result", result, false)}`;
};

const endOf = (state: ToolState): ShownState =>
  state === "done" || state === "failed" ? state : state === "running" ? "unknown" : "unrun";

const isEmpty = (args: unknown): boolean =>
  args === undefined || args === null || (typeof args === "object" && Object.keys(args).length === 0);

/** @param open whoever decides must see what about */
const folded = ({ html }: Kit, name: string, value: unknown, open: boolean): unknown =>
  html`<details ?open=${open}>
    <summary>${name}</summary>
    <pre tabindex="0" aria-label=${name} role="group">${asText(value)}</pre>
  </details>`;

function asText(value: unknown): string {
  const text = typeof value === "string" ? value : (JSON.stringify(value, null, 2) ?? "");
  return text.length > SHOWN_CHARS ? `${text.slice(0, SHOWN_CHARS)}…` : text;
}

const decision = ({ html }: Kit, callId: string, labels: Labels): unknown =>
  html`<div class="decision">
    <button type="button" part="approve" class="yes" data-do="approve" data-call=${callId}>${labels.approve}</button>
    <button type="button" part="deny" data-do="deny" data-call=${callId}>${labels.deny}</button>
  </div>`;
