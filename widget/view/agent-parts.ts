/** What the answers of an agent need: tool calls and sources. Loaded with the first of them. */
import type { CSSResult } from "lit";
import type { SourceBlock } from "../../protocol/index.ts";
import type { Labels } from "../labels.ts";
import type { Kit } from "./kit.ts";

export { toolCard } from "./tool-card.ts";

export const sourcesView = ({ html, link }: Kit, sources: readonly SourceBlock[], labels: Labels): unknown =>
  html`<section part="sources" class="sources" aria-label=${labels.sources}>
    <span aria-hidden="true">${labels.sources}</span>
    <ol role="list">
      ${sources.map(({ url, title }) => html`<li>${link(url, title ?? url)}</li>`)}
    </ol>
  </section>`;

export const styles = ({ css }: Kit): CSSResult => css`
  .tool {
    display: flex;
    flex-wrap: wrap;
    align-items: baseline;
    gap: 2px 8px;
    padding: 8px 14px;
    border: var(--_edge);
    border-radius: var(--_corner);
    font-size: var(--_less);
  }
  .tool.own {
    display: block;
    padding: 0;
    border: 0;
  }
  .tool strong {
    font-weight: 600;
  }
  .tool .quiet {
    margin-inline-start: auto;
  }
  .tool p {
    flex-basis: 100%;
    margin: 0;
    color: var(--_bad);
  }
  .tool details,
  .tool .decision {
    flex-basis: 100%;
    min-inline-size: 0;
  }
  .tool .decision {
    padding-block: 6px;
  }
  .tool summary {
    color: var(--_muted);
    font-size: var(--_small);
  }
  .tool pre {
    margin-block: 4px 6px;
    padding: 8px 12px;
    max-block-size: 256px;
    overflow: auto;
    border-radius: calc(var(--_radius) * 0.5);
    background: var(--_soft);
    font: var(--_small) / 1.5 var(--_mono);
  }
  /* A border: forced colours take backgrounds away. */
  .dot {
    align-self: center;
    border: 4px solid var(--_accent);
    border-radius: 50%;
  }
  [data-state="running"] .dot,
  [data-state="input"] .dot {
    animation: pulse 1.2s infinite;
  }
  [data-state="unrun"] .dot,
  [data-state="unknown"] .dot {
    border-color: var(--_muted);
  }
  [data-state="done"] .dot {
    border-color: var(--_good);
  }
  [data-state="failed"] .dot {
    border-color: var(--_bad);
  }
  .sources,
  .sources ol {
    display: flex;
    flex-wrap: wrap;
    align-items: center;
    gap: 6px;
    min-inline-size: 0;
    font-size: var(--_small);
    color: var(--_muted);
  }
  .sources ol {
    margin: 0;
    padding: 0;
    list-style: none;
  }
  .sources li {
    counter-increment: source;
    max-inline-size: min(100%, 320px);
  }
  .sources a {
    display: block;
    padding: 2px 10px;
    border: var(--_edge);
    border-radius: var(--_radius);
    overflow: hidden;
    color: var(--_fg);
    text-decoration: none;
    text-overflow: ellipsis;
    white-space: nowrap;
  }
  .sources a:hover {
    background: var(--_soft);
  }
  .sources a::before {
    content: counter(source) / "";
    display: inline-block;
    margin-inline-end: 6px;
    color: var(--_muted);
    font-variant-numeric: tabular-nums;
  }
`;
