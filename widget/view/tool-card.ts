/** A tool call: its name, what it is doing, how long it took. */
import { html, nothing } from "lit";
import type { ToolBlock } from "../../protocol/index.ts";
import type { Labels } from "../labels.ts";

/** @param running whether the answer is: a call that it ended without has no outcome that will come */
export function toolCard(tool: ToolBlock, running: boolean, labels: Labels): unknown {
  const isOver = tool.state === "done" || tool.state === "failed";
  const state = running || isOver ? tool.state : tool.state === "running" ? "unknown" : "unrun";
  return html`<div part="tool" class="tool" data-state=${state}>
    <span class="dot"></span><strong>${tool.name}</strong>
    <span class="quiet">${labels.tools[state]}${tool.ms === undefined ? nothing : ` · ${seconds(tool.ms)}`}</span>
    ${tool.error === undefined ? nothing : html`<p>${tool.error}</p>`}
  </div>`;
}

export const seconds = (ms: number): string => `${(ms / 1000).toFixed(1)} s`;
