/** The look of `bubble` mode: the launcher in the corner, the panel above it, the sheet on a small screen. */
import type { Kit } from "./bubble.ts";

export const bubbleStyles = ({ css }: Kit) => css`
  :host([mode="bubble"]) {
    --_size: var(--ai-stream-launcher-size, 56px);
    --_inset: var(--ai-stream-inset, max(20px, env(safe-area-inset-bottom)));
    position: fixed;
    z-index: var(--ai-stream-layer, 1000);
    inset: auto;
    inset-block-end: var(--_inset);
    inset-inline-end: var(--ai-stream-inset, 20px);
    block-size: auto;
    container-type: normal;
  }
  .launcher {
    position: relative;
    display: grid;
    place-items: center;
    inline-size: var(--_size);
    block-size: var(--_size);
    padding: 0;
    --_hover: color-mix(in srgb, var(--_accent) 88%, var(--_fg));
    border: 1px solid transparent;
    border-radius: calc(var(--_radius) * 2);
    background: var(--_accent);
    color: var(--_on-accent);
    box-shadow: var(--_shadow);
    transition: transform 0.15s;
  }
  .launcher:active {
    transform: scale(0.95);
  }
  .launcher svg {
    inline-size: 45%;
    block-size: 45%;
  }
  .unread {
    position: absolute;
    inset-block-start: 0;
    inset-inline-end: 0;
    border: 7px solid var(--_bad);
    border-radius: 50%;
    outline: 2px solid var(--_bg);
  }
  .panel[open] {
    display: flex;
  }
  .panel {
    position: absolute;
    inset: auto;
    inset-block-end: calc(var(--_size) + 12px);
    inset-inline-end: 0;
    flex-direction: column;
    inline-size: min(var(--ai-stream-width, max(25rem, 400px)), calc(100vw - 40px));
    block-size: min(var(--ai-stream-height, max(42rem, 672px)), calc(100dvh - var(--_size) - var(--_inset) - 28px));
    max-inline-size: none;
    max-block-size: none;
    margin: 0;
    padding: 0;
    overflow: clip;
    container-type: inline-size;
    border: var(--_edge);
    border-radius: var(--_radius);
    background: var(--_bg);
    color: inherit;
    box-shadow: var(--_shadow);
    animation: rise 0.18s ease-out;
  }
  .panel::backdrop {
    background: none;
  }
  .panel .frame {
    flex: 1;
    min-block-size: 0;
    overflow: visible;
    border: 0;
    border-radius: 0;
  }
  /* The list of conversations is asked for beside the cross. */
  .panel .bar {
    inset: -41px auto auto;
    inset-inline-end: 44px;
    padding: 0;
    background: none;
  }
  .panel .frame:has(> .bar) > .scroller.scroller {
    padding-block-start: var(--_pad);
  }
  .panel .welcome {
    padding: 0;
    align-items: flex-start;
    justify-content: flex-end;
    text-align: start;
  }
  .panel .starters {
    flex-direction: column;
    align-items: flex-start;
  }
  .head {
    display: flex;
    align-items: center;
    justify-content: space-between;
    gap: 8px;
    min-block-size: 48px;
    padding: 6px 8px;
    padding-inline-start: 16px;
    border-block-end: var(--_edge);
    font-weight: 600;
  }
  #title {
    outline: none;
  }
  .head button {
    padding: 7px;
    color: var(--_muted);
  }
  /* The whole of a small screen, or what the on-screen keyboard leaves of it. */
  .panel:modal {
    position: fixed;
    inset-block: var(--_top, 0px) auto;
    inset-inline: 0;
    inline-size: 100%;
    block-size: var(--_left, 100dvh);
    border: 0;
    border-radius: 0;
    padding: env(safe-area-inset-top) env(safe-area-inset-right) env(safe-area-inset-bottom) env(safe-area-inset-left);
  }
  @keyframes rise {
    from {
      opacity: 0;
      transform: translateY(8px);
    }
  }
  @media print {
    :host([mode="bubble"]) {
      display: none;
    }
  }
`;
