/** AWS event-stream bytes for tests, framed by the SDK's own codec. */
import { EventStreamCodec } from "@smithy/core/event-streams";

const codec = new EventStreamCodec(
  (bytes) => (typeof bytes === "string" ? bytes : new TextDecoder().decode(bytes)),
  (text) => new TextEncoder().encode(text),
);

export function awsFrame(type: string, body: unknown, kind: "event" | "exception" = "event"): Uint8Array {
  return codec.encode({
    headers: {
      [`:${kind}-type`]: { type: "string", value: type },
      ":content-type": { type: "string", value: "application/json" },
      ":message-type": { type: "string", value: kind },
    },
    body: new TextEncoder().encode(JSON.stringify(body)),
  });
}

/** A Converse stream of these events. */
export const converseStream = (events: readonly (readonly [type: string, body: unknown])[]): Uint8Array =>
  Buffer.concat(events.map(([type, body]) => awsFrame(type, body)));

/** An `invoke` stream of these objects of the model's own format. */
export const invokeStream = (objects: readonly unknown[]): Uint8Array =>
  Buffer.concat(
    objects.map((object) => awsFrame("chunk", { bytes: Buffer.from(JSON.stringify(object)).toString("base64") })),
  );
