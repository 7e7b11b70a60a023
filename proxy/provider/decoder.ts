/** What every wire format's decoder is, and the rule by which all of them call an answer complete. */
import { StreamError } from "../../protocol/index.ts";
import type { Usage } from "../../protocol/index.ts";
import type { BlockWriter } from "./block-writer.ts";
import { isFields } from "./fields.ts";
import type { Fields } from "./fields.ts";
import type { FinishReason, ProviderEvent } from "./provider.ts";

/** Pure and synchronous: frames in, events out, nothing else. One instance reads one answer. */
export interface Decoder<Frame> {
  /** Appends what the frame means to `events`. @throws {StreamError} for an error the provider sent in the stream. */
  decode(frame: Frame, events: ProviderEvent[]): void;
  /** The terminal rule of the format holds: only usage can follow. */
  readonly complete: boolean;
  /** Nothing follows. */
  readonly done: boolean;
  /** Ends what is open and appends `finish`. @throws {StreamError} `upstream_truncated` when this is not a success. */
  end(events: ProviderEvent[]): void;
}

export interface Ending {
  readonly reason: FinishReason;
  /** The provider's own word. */
  readonly raw: string | null;
  /** Null when the provider gave no figures. */
  readonly usage: Usage | null;
}

/**
 * Closes a complete answer. A stop in the middle of a tool's arguments, or with neither content nor output tokens, is
 * a cut that looks like a success (seen behind gateways): it is reported as one.
 * @throws {StreamError} `upstream_truncated`
 */
export function finish(blocks: BlockWriter, { reason, raw, usage }: Ending, events: ProviderEvent[]): void {
  const unfinished = blocks.endAll(events);
  const final = blocks.refine(reason);
  if (usage !== null) events.push({ type: "usage", usage });
  if (final === "stop" || final === "tool_calls") {
    if (unfinished) throw truncated("The provider stopped inside a tool's arguments");
    if (blocks.empty && !(usage !== null && usage.output > 0)) throw truncated("The provider's answer is empty");
  }
  events.push({ type: "finish", reason: final, raw });
}

/** The body ended before the terminal rule held: closes the blocks, reports the figures so far. Always throws. */
export function breakOff(usage: Usage | null, events: ProviderEvent[]): never {
  if (usage !== null) events.push({ type: "usage", usage: { ...usage, final: false } });
  throw truncated("The provider's answer ended early");
}

export const truncated = (message: string): StreamError => new StreamError("upstream_truncated", message);

/** A few broken events pass (servers send them, and the rest of the answer is good); more means another protocol. */
const MAX_BROKEN_FRAMES = 8;

/** Parses the JSON of frames, passing over a bounded number that are not JSON objects. */
export class FrameJson {
  #broken = 0;

  /** Null for a frame to pass over. @throws {StreamError} `upstream_protocol` when too many were broken. */
  parse(text: string): Fields | null {
    try {
      const value: unknown = JSON.parse(text);
      if (isFields(value)) return value;
    } catch {
      // Counted below.
    }
    this.#broken += 1;
    if (this.#broken > MAX_BROKEN_FRAMES) {
      throw new StreamError("upstream_protocol", "The provider sent events that are not JSON");
    }
    return null;
  }
}
