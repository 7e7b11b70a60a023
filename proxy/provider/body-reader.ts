/** Raw body → batches of provider events, one batch per upstream read: the hot path of the proxy, so it holds no promise. */
import type { Decoder } from "./decoder.ts";
import type { FrameReader, Framing } from "./frames.ts";
import type { ProviderEvent } from "./provider.ts";
import type { RawBody } from "./raw-body.ts";
import type { ReadWatch } from "./read-watch.ts";

/** Between two reads. */
const NONE: ProviderEvent[] = [];

/**
 * Is over after `finish`. What breaks after the terminal rule holds cannot spoil the answer any more; what breaks
 * before is the `failure`, after the events that came before it.
 */
export class BodyReader<Frame> {
  /** Nothing follows what the last `read()` returned. */
  over = false;
  /** Why it is over, when it did not end as it should; thrown values of the decoder and of the connection alike. */
  failure: Error | null = null;
  readonly #body: RawBody;
  readonly #decoder: Decoder<Frame>;
  readonly #watch: ReadWatch;
  readonly #frames: FrameReader;
  #events: ProviderEvent[] = NONE;

  constructor(body: RawBody, framing: Framing<Frame>, decoder: Decoder<Frame>, watch: ReadWatch) {
    this.#body = body;
    this.#decoder = decoder;
    this.#watch = watch;
    this.#frames = framing((frame) => {
      if (!decoder.done) decoder.decode(frame, this.#events);
    });
  }

  /** The events of all bytes that wait; perhaps none. Never throws. */
  read(): readonly ProviderEvent[] {
    const events = (this.#events = [] as ProviderEvent[]);
    this.failure = attempt(() => {
      for (const bytes of this.#body.take()) this.#frames.push(bytes);
      if (this.#body.ended) this.#frames.end();
    });
    // They are the caller's now: kept here, they would stay until the next read.
    this.#events = NONE;
    this.failure ??= this.#body.failure;
    if (this.failure === null && !this.#body.ended && !this.#decoder.done) {
      this.#watch.read(hasContent(events), this.#decoder.complete);
      return events;
    }
    this.over = true;
    this.#watch.stop();
    if (this.failure === null || this.#decoder.complete) this.failure = attempt(() => this.#decoder.end(events));
    return events;
  }
}

/** What the work threw, or null. */
function attempt(work: () => void): Error | null {
  try {
    work();
    return null;
  } catch (thrown) {
    return thrown instanceof Error ? thrown : new Error(String(thrown));
  }
}

/** The first event nearly always is content, so this rarely looks further. */
function hasContent(events: readonly ProviderEvent[]): boolean {
  for (const { type } of events) if (type === "delta" || type === "block.start" || type === "source") return true;
  return false;
}
