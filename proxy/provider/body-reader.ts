/** Raw body → batches of provider events, one batch per upstream read: the hot path of the proxy. */
import type { Decoder } from "./decoder.ts";
import type { Framing } from "./frames.ts";
import type { ProviderEvent } from "./provider.ts";
import type { RawBody } from "./raw-body.ts";
import type { ReadWatch } from "./read-watch.ts";

/**
 * Ends after `finish`. What breaks after the terminal rule holds cannot spoil the answer any more; what breaks before
 * is thrown, after the events that came before it.
 */
export async function* readEvents<Frame>(
  body: RawBody,
  framing: Framing<Frame>,
  decoder: Decoder<Frame>,
  watch: ReadWatch,
): AsyncGenerator<readonly ProviderEvent[], void> {
  let events: ProviderEvent[] = [];
  const frames = framing((frame) => {
    if (!decoder.done) decoder.decode(frame, events);
  });
  for (;;) {
    const waiting = body.ready();
    if (waiting !== null) await waiting;
    events = [];
    let failure: unknown = null;
    try {
      for (const bytes of body.take()) frames.push(bytes);
      if (body.ended) frames.end();
    } catch (thrown) {
      failure = thrown;
    }
    failure ??= body.failure;
    if (failure === null && !body.ended && !decoder.done) {
      watch.read(hasContent(events), decoder.complete);
      if (events.length === 0) continue;
      watch.hold();
      yield events;
      watch.goOn();
      continue;
    }
    watch.stop();
    if (failure === null || decoder.complete) {
      failure = null;
      try {
        decoder.end(events);
      } catch (thrown) {
        failure = thrown;
      }
    }
    if (events.length > 0) yield events;
    if (failure !== null) throw failure;
    return;
  }
}

/** The first event nearly always is content, so this rarely looks further. */
function hasContent(events: readonly ProviderEvent[]): boolean {
  for (const { type } of events) if (type === "delta" || type === "block.start" || type === "source") return true;
  return false;
}
