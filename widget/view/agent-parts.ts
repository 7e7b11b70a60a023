/** What the answers of an agent need: tool calls and sources. Loaded with the first of them. */
import type { CSSResult } from "lit";
import type { SourceBlock } from "../../protocol/index.ts";
import type { Labels } from "../labels.ts";
import type { Kit } from "./kit.ts";

export { toolCard } from "./tool-card.ts";

export const sourcesView = ({ html, link }: Kit, sources: readonly SourceBlock[], labels: Labels): unknown =>
  html`<section part="sources" class="sources" aria-label=${labels.sources}>
    <ol>
      ${sources.map(({ url, title }) => html`<li>${link(url, title ?? url)}</li>`)}
    </ol>
  </section>`;

export const styles = ({ css }: Kit): CSSResult => css`
  .tool {
    display: flex;
    flex-wrap: wrap;
    align-items: center;
    gap: 0 0.5rem;
    align-self: flex-start;
    max-inline-size: 100%;
    padding: 0.375rem 0.75rem;
    border: 1px solid var(--_line);
    border-radius: calc(var(--_radius) * 0.75);
    font-size: 0.875rem;
  }
  .tool.own {
    display: block;
    align-self: stretch;
    padding: 0;
    border: 0;
  }
  .tool strong {
    font-weight: 600;
    overflow-wrap: anywhere;
  }
  .tool p {
    flex-basis: 100%;
    margin: 0.125rem 0;
    color: var(--_bad);
  }
  .tool details,
  .tool .decision {
    flex-basis: 100%;
    min-inline-size: 0;
  }
  .tool summary {
    inline-size: fit-content;
    color: var(--_muted);
    font-size: 0.8125rem;
    cursor: pointer;
  }
  .tool pre {
    margin: 0;
    padding: 0.375rem 0;
    max-block-size: 16rem;
    overflow: auto;
    font: 0.8125rem / 1.5 var(--_mono);
  }
  .dot {
    inline-size: 0.5rem;
    block-size: 0.5rem;
    border-radius: 50%;
    background: var(--_accent);
  }
  [data-state="running"] .dot,
  [data-state="input"] .dot {
    animation: pulse 1.2s infinite;
  }
  [data-state="unrun"] .dot,
  [data-state="unknown"] .dot {
    background: var(--_muted);
  }
  [data-state="done"] .dot {
    background: var(--_good);
  }
  [data-state="failed"] .dot {
    background: var(--_bad);
  }
  .sources {
    font-size: 0.8125rem;
  }
  .sources ol {
    margin: 0;
    padding-inline-start: 1.5rem;
    color: var(--_muted);
    overflow-wrap: anywhere;
  }
  .sources a {
    color: var(--_accent);
  }
`;
