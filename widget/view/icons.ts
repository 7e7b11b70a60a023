/** The few drawings the element uses, as strokes in a 24-unit box; they take the colour of the text around them. */
import { html, svg } from "lit";

const PATHS = {
  send: svg`<path d="M12 19V5M6 11l6-6 6 6" />`,
  stop: svg`<rect x="6.5" y="6.5" width="11" height="11" rx="2" fill="currentColor" />`,
  down: svg`<path d="M12 5v14M6 13l6 6 6-6" />`,
  copy: svg`<rect x="9" y="9" width="11" height="11" rx="2.5" /><path d="M5 15V6.5A2.5 2.5 0 0 1 7.5 4H15" />`,
};

export const icon = (name: keyof typeof PATHS): unknown => draw(PATHS[name]);

/** @param strokes made with Lit's `svg` */
export const draw = (strokes: unknown): unknown => html`<svg viewBox="0 0 24 24" aria-hidden="true">${strokes}</svg>`;
