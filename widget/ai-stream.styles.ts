/** The look of the frame: colours, the scrolling conversation, the line above the composer, the composer. */
import { css } from "lit";

/** Names a page may set are `--ai-stream-*`; the `--_*` ones are what they resolve to inside. */
export const frameStyles = css`
  :host {
    --_bg: var(--ai-stream-background, light-dark(#ffffff, #17181c));
    --_fg: var(--ai-stream-color, light-dark(#1d1f24, #ecedf1));
    --_muted: var(--ai-stream-muted, light-dark(#5c616b, #a3a8b3));
    --_soft: var(--ai-stream-soft, light-dark(#f3f4f6, #23252b));
    --_line: var(--ai-stream-line, light-dark(#e3e5e9, #31343c));
    --_accent: var(--ai-stream-accent, light-dark(#3454d1, #9db2ff));
    --_on-accent: var(--ai-stream-on-accent, light-dark(#ffffff, #14161d));
    --_bad: var(--ai-stream-danger, light-dark(#b3261e, #ffb4ab));
    --_good: var(--ai-stream-success, light-dark(#1a7f4b, #63d297));
    --_field: var(--ai-stream-field, light-dark(#fff, #1f2126));
    --_field-line: var(--ai-stream-field-line, light-dark(#cfd3da, #40444e));
    --_shadow: var(
      --ai-stream-shadow,
      0 1px 3px light-dark(#1018281f, #0006),
      0 12px 32px -8px light-dark(#10182833, #000a)
    );
    --_radius: var(--ai-stream-radius, 1rem);
    --_space: var(--ai-stream-space, 1rem);
    --_mono: var(--ai-stream-font-mono, ui-monospace, "SF Mono", "Cascadia Code", Menlo, Consolas, monospace);
    display: block;
    block-size: var(--ai-stream-height, min(42rem, 85dvh));
    container-type: inline-size;
    color-scheme: light dark;
    color: var(--_fg);
    accent-color: var(--_accent);
    font: 400 var(--ai-stream-font-size, 0.9375rem) / var(--ai-stream-line-height, 1.6)
      var(--ai-stream-font, system-ui, -apple-system, "Segoe UI", Roboto, sans-serif);
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
  :host([mode="answer"]) {
    block-size: auto;
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
    position: relative;
    display: flex;
    flex-direction: column;
    block-size: 100%;
    overflow: clip;
    background: var(--_bg);
    border: 1px solid var(--_line);
    border-radius: var(--_radius);
  }
  .answer-mode {
    block-size: auto;
    border: 0;
    background: none;
  }
  .scroller {
    flex: 1;
    min-block-size: 0;
    overflow-y: auto;
    overscroll-behavior: contain;
    scrollbar-width: thin;
    scrollbar-color: var(--_line) transparent;
    padding: calc(var(--_space) * 1.75) calc(var(--_space) * 1.5) calc(var(--_space) * 1.5);
    outline-offset: -2px;
  }
  .answer-mode .scroller {
    overflow: visible;
    padding: 0;
  }
  .messages,
  .dock {
    inline-size: 100%;
    max-inline-size: var(--ai-stream-measure, 46rem);
    margin-inline: auto;
  }
  .messages,
  .page {
    display: flex;
    flex-direction: column;
    gap: calc(var(--_space) * 1.75);
  }
  .messages {
    min-block-size: 100%;
  }
  .answer-mode .messages {
    max-inline-size: none;
  }
  .dock {
    position: relative;
    padding: 0 calc(var(--_space) * 1.5) calc(var(--_space) * 1.25);
    max-inline-size: calc(var(--ai-stream-measure, 46rem) + var(--_space) * 3);
  }
  /* Text slides under the composer instead of being cut at its edge. */
  .dock::before {
    content: "";
    position: absolute;
    inset-inline: 0;
    inset-block-end: 100%;
    block-size: 1.5rem;
    background: linear-gradient(transparent, var(--_bg));
    pointer-events: none;
  }
  button {
    font: inherit;
    color: inherit;
    background: none;
    border: 0;
    border-radius: calc(var(--_radius) * 0.5);
    padding: 0.25rem 0.5rem;
    cursor: pointer;
  }
  button:disabled {
    cursor: default;
  }
  svg {
    display: block;
    inline-size: 1.125rem;
    block-size: 1.125rem;
    fill: none;
    stroke: currentColor;
    stroke-width: 1.75;
    stroke-linecap: round;
    stroke-linejoin: round;
  }
  .composer {
    display: flex;
    align-items: flex-end;
    gap: 0.5rem;
    padding: 0.4375rem 0.4375rem 0.4375rem 1.125rem;
    padding-inline: 1.125rem 0.4375rem;
    background: var(--_field);
    border: 1px solid var(--_field-line);
    border-radius: calc(var(--_radius) * 1.5);
    box-shadow:
      0 1px 2px light-dark(#1018280d, #0000),
      0 8px 24px -12px light-dark(#10182826, #0000);
    transition: border-color 0.15s;
  }
  .composer:focus-within {
    border-color: var(--_accent);
    box-shadow: 0 0 0 3px color-mix(in srgb, var(--_accent) 18%, transparent);
  }
  .grow {
    flex: 1;
    display: grid;
    min-inline-size: 0;
    max-block-size: 11rem;
    overflow-y: auto;
    scrollbar-width: thin;
  }
  .grow::after,
  textarea {
    grid-area: 1 / 1;
    font: inherit;
    color: inherit;
    padding: 0.3125rem 0;
    margin: 0;
    border: 0;
    background: none;
    resize: none;
    outline: none;
    overflow: hidden;
    white-space: pre-wrap;
    overflow-wrap: anywhere;
    min-inline-size: 0;
  }
  .grow::after {
    content: attr(data-text) " ";
    visibility: hidden;
  }
  textarea::placeholder {
    color: var(--_muted);
    opacity: 1;
  }
  .round {
    flex: none;
    display: grid;
    place-items: center;
    inline-size: 2.125rem;
    block-size: 2.125rem;
    padding: 0;
    border-radius: 50%;
    background: var(--_accent);
    color: var(--_on-accent);
    transition:
      background 0.15s,
      color 0.15s;
  }
  .round:disabled {
    background: var(--_soft);
    color: var(--_muted);
  }
  .jump {
    position: absolute;
    inset-block-end: calc(100% + 0.75rem);
    inset-inline: 0;
    margin-inline: auto;
    background: var(--_bg);
    color: var(--_fg);
    border: 1px solid var(--_line);
    box-shadow: var(--_shadow);
  }
  .connection:not(:empty) {
    display: flex;
    flex-wrap: wrap;
    align-items: center;
    gap: 0 0.5rem;
    min-block-size: 1.875rem;
    padding: 0 1.125rem 0.375rem;
    font-size: 0.8125rem;
    color: var(--_muted);
  }
  .late {
    animation: appear 0s 0.8s both;
  }
  .bad {
    color: var(--_bad);
  }
  .connection button,
  .error button {
    padding-inline: 0;
    color: inherit;
    font-weight: 600;
    text-decoration: underline;
    text-underline-offset: 0.2em;
  }
  .spoken {
    position: absolute;
    inline-size: 1px;
    block-size: 1px;
    overflow: hidden;
    clip-path: inset(50%);
    white-space: nowrap;
  }
  @keyframes appear {
    from {
      visibility: hidden;
    }
  }
  @container (max-width: 34rem) {
    .scroller {
      padding: calc(var(--_space) * 1.25) var(--_space) calc(var(--_space) * 1.5);
    }
    .dock {
      padding: 0 calc(var(--_space) * 0.75) calc(var(--_space) * 0.75);
    }
    textarea,
    .grow::after {
      /* Below 16px iOS zooms the page in when the field takes focus. */
      font-size: 1rem;
    }
  }
  @media (prefers-reduced-motion: reduce) {
    *,
    ::before,
    ::after {
      animation-iteration-count: 1 !important;
      transition: none !important;
    }
  }
  @media (forced-colors: active) {
    .round,
    .bubble,
    .composer {
      border: 1px solid ButtonText;
    }
    .round svg {
      stroke: ButtonText;
    }
  }
`;
