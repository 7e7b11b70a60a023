/** Asks a provider in tests: a plain question, patient timers, and all of the answer or the error it ended with. */
import assert from "node:assert/strict";
import { StreamError } from "../../protocol/index.ts";
import type { ErrorCode } from "../../protocol/index.ts";
import type { Provider, ProviderEvent, ProviderRequest, ProviderTimers } from "../../proxy/provider/provider.ts";

export const REQUEST: ProviderRequest = {
  model: "anthropic.model-1",
  messages: [{ role: "user", parts: [{ type: "text", text: "When is the tide at Sète?" }] }],
  tools: [],
};

export const PATIENT: ProviderTimers = {
  connectMs: 5_000,
  firstContentMs: 5_000,
  livenessMs: 5_000,
  betweenContentMs: 5_000,
};
export const failsWith =
  (code: ErrorCode) =>
  (thrown: unknown): boolean =>
    thrown instanceof StreamError && thrown.code === code;

interface Collected {
  readonly events: readonly ProviderEvent[];
  readonly error: StreamError | null;
}

/** @param onEvents called with each batch */
export async function collect(
  provider: Provider,
  timers: ProviderTimers = PATIENT,
  stop = new AbortController(),
  onEvents: () => void = () => {},
): Promise<Collected> {
  const events: ProviderEvent[] = [];
  try {
    for await (const batch of provider.stream(REQUEST, timers, stop.signal)) {
      assert.ok(batch.length > 0);
      events.push(...batch);
      onEvents();
    }
  } catch (thrown) {
    assert.ok(thrown instanceof StreamError, String(thrown));
    return { events, error: thrown };
  }
  return { events, error: null };
}
