/** The look of what the desk adds, and of what is seldom needed before it is there. */
import type { CSSResult } from "lit";
import { answerStyles } from "./answer-styles.ts";
import type { Kit } from "./kit.ts";
import { textStyles } from "./text-styles.ts";

export const styles = (kit: Kit): CSSResult => kit.css`${answerStyles(kit)}${textStyles(kit)}${deskStyles(kit)}`;

const deskStyles = ({ css }: Kit): CSSResult => css`
  :host {
    --_good: var(--ai-stream-success, light-dark(#1a7f4b, #63d297));
  }
  .jump {
    --_hover: var(--_soft);
    position: absolute;
    inset: auto 0 calc(100% + 0.75rem);
    margin-inline: auto;
    background: var(--_bg);
    color: var(--_fg);
    border: var(--_edge);
    box-shadow: var(--_shadow);
  }
  .actions {
    display: flex;
    flex-wrap: wrap;
    align-items: center;
    gap: 0 0.125rem;
    min-block-size: 2rem;
    overflow-wrap: normal;
    margin-block: -0.375rem -0.25rem;
    margin-inline: -0.4375rem;
    color: var(--_muted);
  }
  .user .actions {
    margin-block: -0.125rem -1.375rem;
  }
  :is(.actions, .files, .bar, .history) button {
    padding: 0.4375rem;
  }
  .actions .turn {
    padding-inline: 0.1875rem;
  }
  .turn:dir(rtl) svg {
    transform: scaleX(-1);
  }
  .turn[aria-disabled="true"] {
    --_hover: none;
    opacity: 0.4;
    cursor: default;
  }
  .actions .quiet {
    margin-inline: 0.4375rem;
  }
  [aria-pressed="true"] {
    color: var(--_accent);
  }
  /* Told by more than a colour. */
  [aria-pressed="true"] svg {
    fill: color-mix(in srgb, currentColor 30%, transparent);
  }
  .versions,
  .actions .quiet,
  .count {
    font-variant-numeric: tabular-nums;
  }
  .versions {
    display: flex;
    align-items: center;
    font-size: 0.8125rem;
  }
  /* A tick in the place of the drawing, or before the word; what ends the animation ends the mark. */
  [data-done] {
    position: relative;
    color: var(--_good);
    animation: done 0s 1.5s;
  }
  [data-done] svg {
    visibility: hidden;
  }
  [data-done]::before {
    content: "";
    position: absolute;
    inset: 0;
    inline-size: 0.375rem;
    block-size: 0.6875rem;
    margin: auto;
    border: solid;
    border-width: 0 2px 2px 0;
    translate: 0 -0.0625rem;
    rotate: 45deg;
  }
  figcaption [data-done]::before {
    inset-inline: -0.5rem auto;
  }
  @keyframes done {
    to {
      opacity: 1;
    }
  }
  @media (hover: hover) {
    article:not(:hover, :focus-within) .shy {
      opacity: 0;
    }
  }
  .edit {
    align-self: stretch;
    display: grid;
    gap: 0.5rem;
    padding: 0.5rem 0.5rem 0.5rem 1rem;
    padding-inline: 1rem 0.5rem;
    background: var(--_soft);
    border: var(--_edge);
    border-radius: var(--_round);
  }
  .edit .decision {
    justify-content: flex-end;
  }
  .bar {
    position: absolute;
    inset-block-start: 0.5rem;
    inset-inline-end: 0.5rem;
    z-index: 1;
    color: var(--_muted);
  }
  /* Where the messages are as wide as the frame, they begin below, and fade under it. */
  @container (max-width: 53rem) {
    .frame:has(> .bar) > .scroller {
      padding-block-start: 3.25rem;
    }
    .bar {
      inset: 0 0 auto;
      display: flex;
      justify-content: flex-end;
      padding: 0.5rem calc(var(--_pad) - 0.4375rem) 0.75rem;
      background: linear-gradient(var(--_bg) 65%, transparent);
      pointer-events: none;
    }
    /* Gradients are not drawn there. */
    @media (forced-colors: active) {
      .bar {
        background: Canvas;
      }
    }
    .bar button {
      pointer-events: auto;
    }
  }
  .composer {
    flex-wrap: wrap;
    justify-content: end;
  }
  @container (max-width: 34rem) {
    .long .grow {
      flex-basis: 100%;
    }
  }
  .tool-button {
    display: grid;
    place-items: center;
    inline-size: 2.125rem;
    block-size: 2.125rem;
    padding: 0;
    border-radius: var(--_round);
    color: var(--_muted);
  }
  .tool-button[aria-pressed="true"] {
    color: var(--_bad);
  }
`;
