/** Reads an answer that its provider keeps: broken off anywhere, it is read on so that nothing is lost or said twice. */
import { StreamError } from "../../protocol/index.ts";
import type { Decoder } from "./decoder.ts";
import type { ProviderEvent, Received } from "./provider.ts";

/** Of a format whose answers have an id, and whose frames are numbered. */
export interface NumberedDecoder<Frame> extends Decoder<Frame> {
  /** Null until the provider has told it. */
  readonly id: string | null;
  /** The highest number so far; null before the first. */
  readonly position: number | null;
  /** From now on frames that are numbered up to `position` are passed over: they come again. */
  goOn(): void;
}

const NOTHING: Received = new Map();

export class KeptAnswer<Frame> implements Decoder<Frame> {
  readonly #decoder: NumberedDecoder<Frame>;
  /** Characters of each block that were decoded, by all readings together. */
  readonly #decoded = new Map<number, number>();
  /** Characters of each block that are decoded once more without being told. */
  readonly #known: Map<number, number>;
  /** Only characters and blocks that come again are known to have been received; what stands between them goes with them. */
  #catchingUp: boolean;
  /** False once a frame that meant something had no number: then the position says too little. */
  #isExact = true;
  #id: string | null;

  /** @param resumed the answer's id, and what of it the reader has: it is read once more from its start */
  constructor(decoder: NumberedDecoder<Frame>, resumed: { id: string; received: Received } | null = null) {
    this.#decoder = decoder;
    this.#id = resumed?.id ?? null;
    this.#known = new Map(resumed?.received ?? NOTHING);
    this.#catchingUp = this.#known.size > 0;
  }

  get id(): string | null {
    return this.#id;
  }

  /** The number after which the provider can go on; null when it must begin at the start. */
  get position(): number | null {
    return this.#isExact ? this.#decoder.position : null;
  }

  get complete(): boolean {
    return this.#decoder.complete;
  }

  get done(): boolean {
    return this.#decoder.done;
  }

  /** True when the reader has exactly what was decoded. */
  isAt(received: Received): boolean {
    if (received.size !== this.#decoded.size) return false;
    for (const [block, chars] of received) if (this.#decoded.get(block) !== chars) return false;
    return true;
  }

  /** The next frame is the first of another connection, which may begin before the position. */
  goOn(): void {
    this.#decoder.goOn();
  }

  decode(frame: Frame, events: ProviderEvent[]): void {
    const from = events.length;
    const { position } = this.#decoder;
    try {
      this.#decoder.decode(frame, events);
    } finally {
      if (events.length > from && this.#decoder.position === position) this.#isExact = false;
      this.#tell(events, from);
    }
    if (this.#id === null && this.#decoder.id !== null) {
      this.#id = this.#decoder.id;
      events.splice(from, 0, { type: "resumable", resume: { id: this.#id } });
    }
  }

  /** @throws {StreamError} also `upstream_protocol` when the answer that is kept is not the one that was read */
  end(events: ProviderEvent[]): void {
    if (this.complete && this.#catchingUp) {
      throw new StreamError("upstream_protocol", "The answer the provider kept is not the one that broke off");
    }
    const from = events.length;
    try {
      this.#decoder.end(events);
    } finally {
      this.#tell(events, from);
    }
  }

  #tell(events: ProviderEvent[], from: number): void {
    if (this.#catchingUp) for (const event of events.splice(from)) this.#catchUp(event, events);
    else for (let index = from; index < events.length; index++) this.#count(events[index]!);
  }

  #count(event: ProviderEvent): void {
    if (event.type === "block.start") this.#decoded.set(event.block, 0);
    else if (event.type === "delta") {
      this.#decoded.set(event.block, (this.#decoded.get(event.block) ?? 0) + event.text.length);
    }
  }

  #catchUp(event: ProviderEvent, events: ProviderEvent[]): void {
    this.#count(event);
    if (event.type === "delta") {
      const known = this.#known.get(event.block) ?? 0;
      if (known > 0) this.#known.set(event.block, Math.max(0, known - event.text.length));
      if (known < event.text.length) events.push({ ...event, text: event.text.slice(known) });
    } else if (event.type === "block.start" ? !this.#known.has(event.block) : !this.#catchingUp) {
      events.push(event);
    }
    if (event.type === "block.start" || event.type === "delta") this.#catchingUp = !this.#hasAll();
  }

  #hasAll(): boolean {
    for (const [block, left] of this.#known) if (left > 0 || !this.#decoded.has(block)) return false;
    return true;
  }
}
