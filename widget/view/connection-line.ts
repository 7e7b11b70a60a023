/** Says what keeps an answer from coming, and nothing while all is well. */
import { html, nothing } from "lit";
import type { WireError } from "../../protocol/index.ts";
import type { ConnectionView, Phase } from "../chat.ts";
import type { Labels } from "../labels.ts";

export function connectionLine({ state, phase, detail, retryAt, error }: ConnectionView, labels: Labels): unknown {
  switch (state) {
    case "idle":
      return nothing;
    case "open":
      if (phase === undefined || phase === "live") return nothing;
      return html`<span>${phaseOf(phase, detail, labels)}</span>${countdown(retryAt, labels)}`;
    case "connecting":
      return html`<span class="late">${labels.connecting}</span>`;
    case "waiting":
      return html`<span>${lost(error, labels)}</span>${countdown(retryAt, labels)}${reconnect(labels)}`;
    case "offline":
      return html`<span>${labels.offline}</span>`;
    case "failed":
      return html`<span class="bad">${error?.message ?? labels.disconnected}</span>${reconnect(labels)}`;
  }
}

/** A step has the name its agent gave it, a fallback its model's; other details are for programs. */
function phaseOf(phase: Exclude<Phase, "live">, detail = "", { phases }: Labels): string {
  if (phase === "step") return detail || phases.step;
  // A newer proxy may know phases that we do not.
  return phase === "fallback" ? `${phases.fallback} ${detail}` : (phases[phase] ?? phases.waiting);
}

/** A proxy that answers, and says why not now, is not a lost connection. */
const lost = (error: WireError | undefined, labels: Labels): string =>
  error === undefined || error.code === "connect_timeout" ? labels.reconnecting : error.message;

/** Seconds, for the eye only: nobody wants to hear them counted. */
function countdown(retryAt = 0, { locale }: Labels): unknown {
  const left = Math.ceil((retryAt - Date.now()) / 1000);
  if (left <= 0) return nothing;
  const seconds = new Intl.NumberFormat(locale, { style: "unit", unit: "second", unitDisplay: "narrow" });
  return html`<span class="count" aria-hidden="true">${seconds.format(left)}</span>`;
}

const reconnect = (labels: Labels): unknown =>
  html`<button type="button" data-do="reconnect">${labels.reconnect}</button>`;
