/** Says what keeps an answer from coming, and nothing while all is well. */
import { html, nothing } from "lit";
import type { ConnectionView } from "../chat.ts";
import type { Labels } from "../labels.ts";

export function connectionLine({ state, phase, detail, retryAt, error }: ConnectionView, labels: Labels): unknown {
  switch (state) {
    case "idle":
      return nothing;
    case "open":
      if (phase === undefined || phase === "live") return nothing;
      // A step has the name its agent gave it; other details are for programs.
      return html`<span>${(phase === "step" && detail) || labels.phases[phase]}</span>`;
    case "connecting":
      return html`<span class="late">${labels.connecting}</span>`;
    case "waiting":
      return html`<span>${labels.reconnecting}</span>${countdown(retryAt)}${reconnect(labels)}`;
    case "offline":
      return html`<span>${labels.offline}</span>`;
    case "failed":
      return html`<span class="bad">${error?.message ?? labels.disconnected}</span>${reconnect(labels)}`;
  }
}

/** Seconds, for the eye only: nobody wants to hear them counted. */
function countdown(retryAt = 0): unknown {
  const left = Math.ceil((retryAt - Date.now()) / 1000);
  return left > 0 ? html`<span class="count" aria-hidden="true">${left} s</span>` : nothing;
}

const reconnect = (labels: Labels): unknown =>
  html`<button type="button" data-do="reconnect">${labels.reconnect}</button>`;
