/** The call that takes up an answer its provider went on writing while nobody read. */
import { isStreamError, StreamError } from "../../protocol/index.ts";
import { UNBILLED } from "../provider/provider.ts";
import type { ProviderEvent } from "../provider/provider.ts";
import type { Call, TargetlessRequest } from "./attempt.ts";
import type { Speech } from "./speech.ts";

/** The same place with the same key: the answer is being written, and paid for, there. */
export function readOn(
  broken: Call,
  speech: Speech,
  request: TargetlessRequest,
  attempt: number,
  signal: AbortSignal,
): Call {
  const { target, key } = broken;
  const { provider, model, timers } = target;
  const asked = { ...request, model };
  const events = provider.reattach!(speech.resume!, speech.received, asked, timers, signal, key);
  return { ...broken, passage: broken.passage.again(), attempt, events: keptOr(events, speech) };
}

/** An answer that the provider has lost can only be asked for anew. */
async function* keptOr(
  events: AsyncIterable<readonly ProviderEvent[]>,
  speech: Speech,
): AsyncGenerator<readonly ProviderEvent[], void> {
  try {
    yield* events;
  } catch (thrown) {
    // Whatever became of this call: the answer was asked for, and is paid for.
    if (thrown instanceof Error) UNBILLED.delete(thrown);
    if (!isStreamError(thrown) || thrown.code !== "provider_not_found") throw thrown;
    speech.resume = null;
    throw new StreamError("upstream_truncated", "The connection was lost, and the provider has not kept the answer");
  }
}
