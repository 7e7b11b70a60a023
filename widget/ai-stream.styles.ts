/** The look of the frame: colours, the scrolling conversation, the line above the composer, the composer. */
import { css } from "lit";

/**
 * Names a page may set are `--ai-stream-*`; the `--_*` ones are what they resolve to inside. Text grows with what readers
 * have set in their browsers; it does not shrink, and nothing else changes, with what a page makes of its root's font.
 */
export const frameStyles = css`
  :host {
    --_bg: var(--ai-stream-background, light-dark(#ffffff, #17181c));
    --_fg: var(--ai-stream-color, light-dark(#1d1f24, #ecedf1));
    --_muted: var(--ai-stream-muted, light-dark(#5c616b, #a3a8b3));
    --_soft: var(--ai-stream-soft, light-dark(#f3f4f6, #25272d));
    --_line: var(--ai-stream-line, light-dark(#e3e5e9, #34373f));
    --_accent: var(--ai-stream-accent, light-dark(#3454d1, #9db2ff));
    --_on-accent: var(--ai-stream-on-accent, light-dark(#ffffff, #14161d));
    --_bad: var(--ai-stream-danger, light-dark(#b3261e, #ffb4ab));
    --_radius: var(--ai-stream-radius, 16px);
    --_corner: calc(var(--_radius) * 0.75);
    --_round: calc(var(--_radius) * 1.25);
    --_space: var(--ai-stream-space, 16px);
    --_measure: var(--ai-stream-measure, max(46rem, 736px));
    --_small: max(0.8125rem, 13px);
    --_tiny: max(0.75rem, 12px);
    --_edge: 1px solid var(--_line);
    --_shadow: var(--ai-stream-shadow, 0 1px 3px #1018281f, 0 12px 32px -8px light-dark(#10182833, #000a));
    --_mono: var(--ai-stream-font-mono, ui-monospace, Menlo, Consolas, monospace);
    display: block;
    height: var(--ai-stream-height, min(max(42rem, 672px), 85dvh));
    container-type: inline-size;
    color-scheme: light dark;
    color: var(--_fg);
    accent-color: var(--_accent);
    font: 400 var(--ai-stream-font-size, max(0.9375rem, 15px)) / var(--ai-stream-line-height, 1.6)
      var(--ai-stream-font, system-ui, sans-serif);
    text-align: start;
  }
  :host([hidden]) {
    display: none;
  }
  :host([theme="light"]) {
    color-scheme: light;
  }
  :host([theme="dark"]) {
    color-scheme: dark;
  }
  :host([mode="answer"]),
  .answer-mode {
    height: auto;
  }
  *,
  ::before,
  ::after {
    box-sizing: border-box;
  }
  :focus-visible {
    outline: 2px solid var(--ai-stream-focus, var(--_accent));
    outline-offset: 2px;
  }
  .frame {
    --_pad: calc(var(--_space) * 1.5);
    position: relative;
    display: flex;
    flex-direction: column;
    height: 100%;
    overflow: clip;
    background: var(--_bg);
    border: var(--_edge);
    border-radius: var(--_radius);
  }
  .scroller {
    flex: 1;
    overscroll-behavior: contain;
    padding: var(--_pad);
    outline-offset: -2px;
  }
  .scroller,
  .grow {
    overflow-y: auto;
    scrollbar-width: thin;
  }
  .messages,
  .dock {
    width: 100%;
    max-width: var(--_measure);
    margin-inline: auto;
  }
  .messages,
  .page {
    display: flex;
    flex-direction: column;
    gap: calc(var(--_space) * 1.75);
  }
  .messages {
    min-height: 100%;
    overflow-wrap: anywhere;
  }
  .frame.answer-mode {
    --_pad: 0px;
    height: auto;
    border: 0;
    background: none;
  }
  .answer-mode,
  .answer-mode :is(.scroller, .messages) {
    overflow: visible;
    max-width: none;
  }
  .dock {
    position: relative;
    padding: 0 var(--_pad) var(--_pad);
    max-width: calc(var(--_measure) + var(--_pad) * 2);
  }
  /* Text slides under the composer instead of being cut at its edge. */
  .dock::before {
    content: "";
    position: absolute;
    inset: auto 0 100%;
    height: var(--_pad);
    background: linear-gradient(transparent, var(--_bg));
    pointer-events: none;
  }
  button {
    font: inherit;
    color: inherit;
    background: none;
    border: 0;
    border-radius: calc(var(--_radius) * 0.5);
    padding: 4px 8px;
  }
  button:enabled,
  summary {
    cursor: pointer;
  }
  @media (hover: hover) {
    button:enabled:hover {
      background: var(--_hover, var(--_soft));
    }
  }
  svg {
    display: block;
    width: 18px;
    height: 18px;
    fill: none;
    stroke: currentColor;
    stroke-width: 1.75;
    stroke-linecap: round;
    stroke-linejoin: round;
  }
  .composer {
    display: flex;
    align-items: flex-end;
    gap: 4px;
    padding: 7px;
    padding-inline-start: 18px;
    background: var(--ai-stream-field, light-dark(#fff, #1f2126));
    border: 1px solid var(--ai-stream-field-line, light-dark(#cfd3da, #444852));
    border-radius: calc(var(--_radius) * 1.5);
    box-shadow: 0 8px 24px -12px light-dark(#10182826, #0000);
  }
  :is(.composer, .edit):focus-within {
    border-color: var(--_accent);
    outline: 3px solid color-mix(in srgb, var(--_accent) 20%, transparent);
  }
  .grow {
    flex: 1;
    display: grid;
    max-height: 176px;
  }
  .grow::after,
  textarea {
    grid-area: 1 / 1;
    font: inherit;
    color: inherit;
    padding: 5px 0;
    border: 0;
    background: none;
    resize: none;
    outline: none;
    overflow: hidden;
    white-space: pre-wrap;
    overflow-wrap: anywhere;
  }
  .grow::after {
    content: attr(data-text) " ";
    visibility: hidden;
  }
  ::placeholder {
    color: var(--_muted);
    opacity: 1;
  }
  /* Its border is seen in forced colours. */
  .round {
    --_hover: color-mix(in srgb, var(--_accent) 88%, var(--_fg));
    flex: none;
    display: grid;
    place-items: center;
    width: 34px;
    height: 34px;
    padding: 0;
    border: 1px solid transparent;
    border-radius: var(--_round);
    background: var(--_accent);
    color: var(--_on-accent);
  }
  .round:disabled {
    background: color-mix(in srgb, var(--_muted) 16%, transparent);
    color: var(--_muted);
  }
  .connection,
  .quiet {
    font-size: var(--_small);
    color: var(--_muted);
  }
  .late {
    animation: appear 0s 0.8s both;
  }
  .spoken {
    position: absolute;
    width: 1px;
    height: 1px;
    overflow: hidden;
    clip-path: inset(50%);
    white-space: nowrap;
  }
  @keyframes appear {
    from {
      visibility: hidden;
    }
  }
  @container (max-width: 544px) {
    .frame:not(.answer-mode) {
      --_pad: var(--_space);
    }
  }
  /* Below 16px iOS zooms the page in when the field takes focus. */
  @media (pointer: coarse) {
    textarea,
    .grow::after {
      font-size: max(16px, 1em);
    }
  }
  /* What takes no time by itself may still come later. */
  @media (prefers-reduced-motion: reduce) {
    *,
    ::before,
    ::after {
      animation-duration: 0s !important;
      animation-iteration-count: 1 !important;
      transition: none !important;
    }
  }
`;
