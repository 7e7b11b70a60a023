/** AWS event-stream bytes → frames, by the AWS SDK's own codec, which checks both checksums of each. */
import { StreamError } from "../../protocol/index.ts";
import { isFields } from "./fields.ts";
import type { Fields } from "./fields.ts";
import type { Framing } from "./frames.ts";

/** `type` is the event's, or the exception's. */
export interface AwsFrame {
  readonly type: string;
  readonly exception: boolean;
  readonly body: Fields;
}

/** Two lengths and a checksum before the headers, a checksum after the body. */
const MIN_FRAME_BYTES = 16;
/** AWS's own limit on one message. */
const MAX_FRAME_BYTES = 25_165_824;

/** The codec's package is loaded at the first call. */
export async function loadAwsFrames(): Promise<Framing<AwsFrame>> {
  const { EventStreamCodec } = await import("@smithy/core/event-streams");
  const codec = new EventStreamCodec(textOfBytes, (text) => new TextEncoder().encode(text));
  return (onFrame) => {
    let parts: Uint8Array[] = [];
    let held = 0;
    let wanted = 4;
    return {
      push(bytes) {
        parts.push(bytes);
        held += bytes.length;
        if (held < wanted) return;
        let rest = parts.length === 1 ? bytes : Buffer.concat(parts);
        for (wanted = 4; rest.length >= wanted; wanted = 4) {
          wanted = frameBytes(rest);
          if (rest.length < wanted) break;
          onFrame(decoded(() => codec.decode(rest.subarray(0, wanted))));
          rest = rest.subarray(wanted);
        }
        parts = rest.length === 0 ? [] : [rest];
        held = rest.length;
      },
      end: () => {},
    };
  };
}

function frameBytes(bytes: Uint8Array): number {
  const length = new DataView(bytes.buffer, bytes.byteOffset).getUint32(0);
  if (length >= MIN_FRAME_BYTES && length <= MAX_FRAME_BYTES) return length;
  throw new StreamError("upstream_protocol", `The provider sent a frame of ${length} bytes`);
}

interface AwsMessage {
  readonly headers: Readonly<Record<string, { readonly value: unknown }>>;
  readonly body: Uint8Array;
}

function decoded(decode: () => AwsMessage): AwsFrame {
  try {
    const { headers, body } = decode();
    const exception = headers[":exception-type"]?.value;
    const error = headers[":error-code"]?.value;
    const type = String(exception ?? error ?? headers[":event-type"]?.value ?? "");
    const value: unknown = body.length === 0 ? {} : JSON.parse(textOfBytes(body));
    const message = headers[":error-message"]?.value;
    return {
      type,
      exception: exception !== undefined || error !== undefined,
      body: isFields(value) && error === undefined ? value : { message },
    };
  } catch (cause) {
    throw new StreamError("upstream_protocol", "The provider sent a frame that is damaged", { cause });
  }
}

const utf8 = new TextDecoder();
const textOfBytes = (bytes: Uint8Array | string): string => (typeof bytes === "string" ? bytes : utf8.decode(bytes));
