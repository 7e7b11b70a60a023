/** A whole Converse answer, of a model that cannot stream, as the frames a stream of it would have had. */
import { StreamError } from "../../protocol/index.ts";
import type { AwsFrame } from "./aws-frames.ts";
import { fieldsOf, isFields, listOf, textOf } from "./fields.ts";
import type { Fields } from "./fields.ts";
import type { Framing } from "./frames.ts";

/** An answer of this size is not one. */
const MAX_REPLY_BYTES = 16_777_216;

export const converseReply: Framing<AwsFrame> = (onFrame) => {
  const parts: Uint8Array[] = [];
  let held = 0;
  return {
    push(bytes) {
      parts.push(bytes);
      held += bytes.length;
      if (held > MAX_REPLY_BYTES) throw new StreamError("upstream_protocol", "The provider's answer is too long");
    },
    end() {
      for (const [type, body] of eventsOf(parsed(Buffer.concat(parts).toString("utf8")))) {
        onFrame({ type, exception: false, body });
      }
    },
  };
};

/** A reply that was cut is no JSON: it has no frames, and so is reported as truncated. */
function parsed(text: string): Fields {
  try {
    return fieldsOf(JSON.parse(text));
  } catch {
    return {};
  }
}

function* eventsOf(reply: Fields): Generator<[type: string, body: Fields]> {
  const content = listOf(fieldsOf(fieldsOf(reply["output"])["message"])["content"]);
  for (const [contentBlockIndex, block] of content.entries()) {
    const { toolUse, text, reasoningContent } = block;
    if (typeof text === "string") yield ["contentBlockDelta", { contentBlockIndex, delta: { text } }];
    if (isFields(reasoningContent)) {
      const { reasoningText = reasoningContent } = reasoningContent;
      yield ["contentBlockDelta", { contentBlockIndex, delta: { reasoningContent: reasoningText } }];
    }
    if (isFields(toolUse)) {
      yield ["contentBlockStart", { contentBlockIndex, start: { toolUse } }];
      const input = JSON.stringify(toolUse["input"] ?? {});
      yield ["contentBlockDelta", { contentBlockIndex, delta: { toolUse: { input } } }];
    }
    yield ["contentBlockStop", { contentBlockIndex }];
  }
  const stopReason = textOf(reply["stopReason"]);
  if (stopReason === "") return;
  yield ["messageStop", { stopReason }];
  yield ["metadata", { usage: fieldsOf(reply["usage"]) }];
}
