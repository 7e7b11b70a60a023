/** A tool call: its name, what it is doing, how long it took, what it is about, and the buttons of whoever decides. */
import { html, nothing } from "lit";
import type { ToolBlock, ToolState } from "../../protocol/index.ts";
import type { Labels } from "../labels.ts";

export interface ToolContext {
  /** Whether the answer is: a call that it ended without has no outcome that will come. */
  readonly running: boolean;
  readonly canDecide: boolean;
}

export function toolCard(tool: ToolBlock, { running, canDecide }: ToolContext, labels: Labels): unknown {
  const state = running ? tool.state : endOf(tool.state);
  const asks = state === "awaiting" && canDecide;
  return html`<div part="tool" class="tool" role="group" aria-label=${tool.name} data-state=${state}>
    <span class="dot"></span><strong>${tool.name}</strong>
    <span class="quiet">${labels.tools[state]}${tool.ms === undefined ? nothing : ` · ${seconds(tool.ms)}`}</span>
    ${tool.error === undefined ? nothing : html`<p>${tool.error}</p>`}
    ${isEmpty(tool.args) ? nothing : argumentsOf(tool.args, asks, labels)}
    ${asks ? decision(tool.callId, labels) : nothing}
  </div>`;
}

export const seconds = (ms: number): string => `${(ms / 1000).toFixed(1)} s`;

const endOf = (state: ToolState): ToolState | "unrun" | "unknown" =>
  state === "done" || state === "failed" ? state : state === "running" ? "unknown" : "unrun";

const isEmpty = (args: unknown): boolean =>
  args === undefined || args === null || (typeof args === "object" && Object.keys(args).length === 0);

/** Whoever decides must see what about. */
const argumentsOf = (args: unknown, open: boolean, labels: Labels): unknown =>
  html`<details ?open=${open}>
    <summary>${labels.args}</summary>
    <pre tabindex="0">${JSON.stringify(args, null, 2)}</pre>
  </details>`;

const decision = (callId: string, labels: Labels): unknown =>
  html`<div class="decision">
    <button type="button" part="approve" class="yes" data-do="approve" data-call=${callId}>${labels.approve}</button>
    <button type="button" part="deny" data-do="deny" data-call=${callId}>${labels.deny}</button>
  </div>`;
