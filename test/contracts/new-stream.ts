/** A start of a stream as a proxy would write it, for tests of stores. */
import { makeBatch } from "../../proxy/stream-log/batch.ts";
import type { NewStream } from "../../proxy/stream-log/stream-log.ts";

let made = 0;

export const LEASE = { replica: "r_test", ttlMs: 60_000 };

/** A start that nothing else has: ids count up. */
export function newStream(
  change: Partial<NewStream["stream"]> & Partial<Pick<NewStream, "sendId" | "fingerprint" | "request" | "lease">> = {},
): NewStream {
  const number = ++made;
  const { sendId, fingerprint = "f", request = null, lease = LEASE, ...fields } = change;
  const stream = {
    id: `s_${number}`,
    inc: "inc",
    owner: "ann",
    agent: "default",
    conversation: `c_${number}`,
    message: `m_${number}b`,
    parent: `m_${number}a`,
    createdAt: 1_000 + number,
    ...fields,
  };
  const { id, agent, conversation, message, parent } = stream;
  return {
    stream,
    turn: {
      id: parent,
      conversation,
      role: "user",
      parent: null,
      createdAt: stream.createdAt,
      text: "hi",
      attachments: [],
    },
    title: "hi",
    first: makeBatch([{ type: "stream.start", id, agent, conversation, message }], 1, stream.createdAt),
    fingerprint,
    request,
    lease,
    ...(sendId === undefined ? {} : { sendId }),
  };
}
