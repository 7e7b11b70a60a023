/** The look of what may stand around an answer's text: thinking, notes, failures, and buttons to decide with. */
import type { CSSResult } from "lit";
import type { Kit } from "./kit.ts";

export const answerStyles = ({ css }: Kit): CSSResult => css`
  .chip {
    align-self: flex-start;
    padding: 1px 8px;
    border: var(--_edge);
    border-radius: var(--_radius);
    font-size: var(--_tiny);
    color: var(--_muted);
  }
  .user :is(.chip, .error) {
    align-self: flex-end;
  }
  .thinking {
    font-size: var(--_less);
    color: var(--_muted);
  }
  summary {
    display: flex;
    align-items: center;
    min-block-size: 24px;
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
    margin-block-start: 8px;
    padding-inline-start: 14px;
    border-inline-start: 2px solid var(--_line);
  }
  .connection:not(:empty) {
    display: flex;
    flex-wrap: wrap;
    align-items: center;
    gap: 0 8px;
    min-block-size: 32px;
    padding: 0 18px 6px;
  }
  .bad {
    color: var(--_bad);
  }
  .decision {
    display: flex;
    flex-wrap: wrap;
    gap: 8px;
  }
  :is(.decision, .error, .connection) button {
    padding: 4px 14px;
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
    padding: 1px 10px;
    font-size: var(--_small);
  }
  .note {
    margin: 0;
    font-size: var(--_small);
    color: var(--_muted);
  }
  .voided {
    color: var(--_muted);
  }
  .canned {
    display: flex;
    flex-direction: column;
    gap: 8px;
    padding-inline-start: 14px;
    border-inline-start: 2px solid var(--_line);
  }
  .error {
    display: flex;
    flex-wrap: wrap;
    align-items: baseline;
    gap: 4px 10px;
    padding: 8px 14px;
    /* Seen in forced colours. */
    border: 1px solid transparent;
    border-radius: var(--_corner);
    background: color-mix(in srgb, var(--_bad) 8%, transparent);
    font-size: var(--_less);
  }
  .error button {
    border-color: color-mix(in srgb, var(--_bad) 40%, transparent);
    --_hover: color-mix(in srgb, var(--_bad) 10%, transparent);
    color: var(--_bad);
  }
`;
