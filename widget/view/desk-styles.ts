/** The look of what the desk adds, and of what is seldom needed before it is there. */
import type { CSSResult } from "lit";
import { answerStyles } from "./answer-styles.ts";
import type { Kit } from "./kit.ts";
import { textStyles } from "./text-styles.ts";

export const styles = (kit: Kit): CSSResult => kit.css`${answerStyles(kit)}${textStyles(kit)}${deskStyles(kit)}`;

const deskStyles = ({ css }: Kit): CSSResult => css`
  :host {
    --_less: max(0.875rem, 14px);
    --_good: var(--ai-stream-success, light-dark(#1a7f4b, #63d297));
  }
  .scroller,
  .grow {
    scrollbar-color: var(--_line) transparent;
  }
  .jump {
    --_hover: var(--_soft);
    position: absolute;
    inset: auto 0 calc(100% + 12px);
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
    gap: 0 2px;
    min-block-size: 32px;
    overflow-wrap: normal;
    margin-block: -6px -4px;
    margin-inline: -7px;
    color: var(--_muted);
  }
  .user .actions {
    justify-content: end;
    text-align: end;
    margin-block: -2px -22px;
  }
  :is(.actions, .files, .bar, .history) button {
    padding: 7px;
  }
  .actions .turn {
    padding-inline: 3px;
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
    margin-inline: 7px;
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
    font-size: var(--_small);
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
    inline-size: 6px;
    block-size: 11px;
    margin: auto;
    border: solid;
    border-width: 0 2px 2px 0;
    translate: 0 -1px;
    rotate: 45deg;
  }
  figcaption [data-done]::before {
    inset-inline: -8px auto;
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
    gap: 8px;
    padding: 8px;
    padding-inline-start: 16px;
    background: var(--_soft);
    border: var(--_edge);
    border-radius: var(--_round);
  }
  .edit .decision {
    justify-content: flex-end;
  }
  .bar {
    position: absolute;
    inset-block-start: 8px;
    inset-inline-end: 8px;
    z-index: 1;
    display: flex;
    gap: 2px;
    color: var(--_muted);
  }
  /* Where the messages are as wide as the frame, they begin below, and fade under it. */
  @container (max-width: 848px) {
    .frame:has(> .bar) > .scroller:not(:has(.welcome)) {
      padding-block-start: 52px;
    }
    .bar {
      inset: 0 0 auto;
      justify-content: flex-end;
      padding: 8px calc(var(--_pad) - 7px) 12px;
      background: linear-gradient(var(--_bg) 65%, transparent);
      pointer-events: none;
    }
    /* Gradients are not drawn there. */
    @media (forced-colors: active) {
      .bar {
        padding-block-end: 4px;
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
  @container (max-width: 544px) {
    .long .grow {
      flex-basis: 100%;
    }
  }
  .tool-button {
    display: grid;
    place-items: center;
    inline-size: 34px;
    block-size: 34px;
    padding: 0;
    border-radius: var(--_round);
    color: var(--_muted);
  }
  .tool-button[aria-pressed="true"] {
    color: var(--_bad);
  }
`;
