/** A tool call: its name, what it is doing, how long it took. */
import { html, nothing } from "lit";
import type { ToolBlock } from "../../protocol/index.ts";
import type { Labels } from "../labels.ts";

export const toolCard = (tool: ToolBlock, labels: Labels): unknown =>
  html`<div part="tool" class="tool" data-state=${tool.state}>
    <span class="dot"></span><strong>${tool.name}</strong>
    <span class="quiet">${labels.tools[tool.state]}${tool.ms === undefined ? nothing : ` · ${seconds(tool.ms)}`}</span>
    ${tool.error === undefined ? nothing : html`<p>${tool.error}</p>`}
  </div>`;

export const seconds = (ms: number): string => `${(ms / 1000).toFixed(1)} s`;
