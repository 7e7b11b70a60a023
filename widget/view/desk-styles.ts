/** The look of what the desk adds. */
import type { CSSResult } from "lit";
import type { Kit } from "./kit.ts";

export const styles = ({ css }: Kit): CSSResult => css`
  .actions {
    display: flex;
    align-items: center;
    gap: 0.125rem;
    min-block-size: 2rem;
    margin-block: -0.375rem -0.75rem;
    margin-inline-start: -0.4375rem;
    color: var(--_muted);
  }
  .user .actions {
    margin: 0;
    margin-block-end: -1rem;
  }
  .actions button,
  .files button,
  .bar button {
    padding: 0.4375rem;
  }
  .actions .turn {
    padding-inline: 0.1875rem;
  }
  .turn:dir(rtl) svg {
    transform: scaleX(-1);
  }
  .actions .turn[aria-disabled="true"] {
    opacity: 0.4;
    cursor: default;
  }
  .actions .quiet {
    margin-inline-start: 0.375rem;
    font-variant-numeric: tabular-nums;
  }
  .actions button:hover,
  .bar button:hover {
    background: var(--_soft);
    color: var(--_fg);
  }
  .actions [aria-pressed="true"] {
    color: var(--_accent);
  }
  .versions {
    display: flex;
    align-items: center;
    font-size: 0.8125rem;
    font-variant-numeric: tabular-nums;
  }
  @media (hover: hover) {
    .shy {
      opacity: 0;
    }
    article:hover .shy,
    article:focus-within .shy {
      opacity: 1;
    }
  }
  .edit {
    align-self: stretch;
    padding: 0.5rem 1rem;
    background: var(--ai-stream-bubble, var(--_soft));
    border: 1px solid var(--_line);
    border-radius: calc(var(--_radius) * 1.25);
  }
  .edit:focus-within {
    border-color: var(--_accent);
  }
  .edit .decision {
    justify-content: flex-end;
  }
  .edit p {
    margin: 0;
  }
  .bar {
    position: absolute;
    inset-block-start: 0.5rem;
    inset-inline-end: 0.5rem;
    z-index: 1;
    color: var(--_muted);
    background: color-mix(in srgb, var(--_bg) 85%, transparent);
    border-radius: calc(var(--_radius) * 0.5);
  }
  /* Where the messages are as wide as the frame, they begin below. */
  @container (max-width: 53rem) {
    .frame:has(> .bar) > .scroller {
      padding-block-start: 2.75rem;
    }
    .bar {
      inset: 0 0 auto;
      display: flex;
      justify-content: flex-end;
      padding: 0.5rem 0.5rem 0.75rem;
      border-radius: 0;
      background: linear-gradient(var(--_bg) 65%, transparent);
      pointer-events: none;
    }
    .bar button {
      pointer-events: auto;
    }
  }
  .composer {
    flex-wrap: wrap;
  }
  .tool-button {
    display: grid;
    place-items: center;
    inline-size: 2.125rem;
    block-size: 2.125rem;
    padding: 0;
    border-radius: 50%;
    color: var(--_muted);
  }
  .tool-button:first-of-type {
    margin-inline-start: -0.75rem;
  }
  .tool-button + .tool-button {
    margin-inline-start: -0.5rem;
  }
  .tool-button:hover {
    background: var(--_soft);
    color: var(--_fg);
  }
  .tool-button[aria-pressed="true"] {
    color: var(--_bad);
  }
`;
