/** The look of what may stand around an answer's text: thinking, notes, failures, and buttons to decide with. */
import type { CSSResult } from "lit";
import type { Kit } from "./kit.ts";

export const answerStyles = ({ css }: Kit): CSSResult => css`
  .chip {
    align-self: flex-start;
    padding: 0.0625rem 0.5rem;
    border: var(--_edge);
    border-radius: var(--_radius);
    font-size: 0.75rem;
    color: var(--_muted);
  }
  .user :is(.chip, .error) {
    align-self: flex-end;
  }
  .thinking {
    font-size: 0.875rem;
    color: var(--_muted);
  }
  summary {
    display: flex;
    align-items: center;
    min-block-size: 1.5rem;
    inline-size: fit-content;
    border-radius: calc(var(--_radius) * 0.375);
    list-style: none;
  }
  summary::-webkit-details-marker {
    display: none;
  }
  summary::after {
    content: "";
    inline-size: 0.4em;
    block-size: 0.4em;
    margin-inline: 0.5em 0.25em;
    border: solid;
    border-width: 0 1.5px 1.5px 0;
    translate: 0 -0.125em;
    rotate: 45deg;
  }
  [open] > summary::after {
    translate: 0 0.125em;
    rotate: 225deg;
  }
  .growing summary {
    animation: pulse 2s infinite;
  }
  .thinking .md {
    margin-block-start: 0.5rem;
    padding-inline-start: 0.875rem;
    border-inline-start: 2px solid var(--_line);
  }
  .connection:not(:empty) {
    display: flex;
    flex-wrap: wrap;
    align-items: center;
    gap: 0 0.5rem;
    min-block-size: 2rem;
    padding: 0 1.125rem 0.375rem;
  }
  .bad {
    color: var(--_bad);
  }
  .decision {
    display: flex;
    flex-wrap: wrap;
    gap: 0.5rem;
  }
  :is(.decision, .error, .connection) button {
    padding: 0.25rem 0.875rem;
    border: var(--_edge);
    border-radius: var(--_round);
    color: var(--_fg);
  }
  .decision .yes {
    --_hover: color-mix(in srgb, var(--_accent) 88%, var(--_fg));
    background: var(--_accent);
    border-color: transparent;
    color: var(--_on-accent);
  }
  :is(.error, .connection) button {
    padding: 0.0625rem 0.625rem;
    font-size: 0.8125rem;
  }
  .note {
    margin: 0;
    font-size: 0.8125rem;
    color: var(--_muted);
  }
  .voided {
    color: var(--_muted);
  }
  .canned {
    display: flex;
    flex-direction: column;
    gap: 0.5rem;
    padding-inline-start: 0.875rem;
    border-inline-start: 2px solid var(--_line);
  }
  .error {
    display: flex;
    flex-wrap: wrap;
    align-items: baseline;
    gap: 0.25rem 0.625rem;
    padding: 0.5rem 0.875rem;
    /* Seen in forced colours. */
    border: 1px solid transparent;
    border-radius: var(--_corner);
    background: color-mix(in srgb, var(--_bad) 8%, transparent);
    font-size: 0.875rem;
  }
  .error button {
    border-color: color-mix(in srgb, var(--_bad) 40%, transparent);
    --_hover: color-mix(in srgb, var(--_bad) 10%, transparent);
    color: var(--_bad);
  }
`;
