/** Says what keeps an answer from coming, and nothing while all is well. */
import { html, nothing } from "lit";
import type { ConnectionView } from "../chat.ts";
import type { Labels } from "../labels.ts";

export function connectionLine({ state, detail, error }: ConnectionView, labels: Labels): unknown {
  switch (state) {
    case "idle":
      return nothing;
    case "open":
      return detail === undefined ? nothing : html`<span>${detail}</span>`;
    case "connecting":
      return html`<span class="late">${labels.connecting}</span>`;
    case "waiting":
      return html`<span>${labels.reconnecting}</span>${reconnect(labels)}`;
    case "offline":
      return html`<span>${labels.offline}</span>`;
    case "failed":
      return html`<span class="bad">${error?.message ?? detail ?? labels.disconnected}</span>${reconnect(labels)}`;
  }
}

const reconnect = (labels: Labels): unknown =>
  html`<button type="button" data-do="reconnect">${labels.reconnect}</button>`;
