/** What metrics add to a commit that holds one token: the most they can add to a token. */
import { emptyMessage } from "../../protocol/index.ts";
import type { StreamEvent } from "../../protocol/index.ts";
import { KnownNames } from "../../proxy/observe/known-names.ts";
import { Metrics } from "../../proxy/observe/metrics.ts";
import { makeBatch } from "../../proxy/stream-log/batch.ts";
import { StreamTail } from "../../proxy/stream-log/tail.ts";

const IDS = { id: "s_1", inc: "i", term: 1, owner: "o", conversation: "c_1", message: "m_1", parent: "m_0" };
const START: StreamEvent = {
  ...{ type: "attempt.start", attempt: 1, provider: "p", model: "m" },
  ...{ cause: "initial", mode: "fresh" },
};
const TOKEN: StreamEvent = { type: "delta", block: 0, kind: "text", text: " word" };

/** CPU nanoseconds that following a stream and timing its commits add to one commit, over `commits` of them. */
export function metricsNs(commits: number): number {
  const metrics = new Metrics({
    names: new KnownNames({ agents: { a: { models: ["p/m"] } }, providers: { p: {} } }),
    lanes: () => [],
    running: () => 0,
    viewers: () => ({ sse: 0, ws: 0 }),
    sockets: () => 0,
    onFailedAttempt: () => {},
  });
  try {
    const followed = newTail();
    metrics.follow(followed);
    const begun = makeBatch([START, TOKEN], 1, 1);
    const batch = makeBatch([TOKEN], 3, 1);
    followed.publish(begun);
    const plain = newTail();
    plain.publish(begun);
    const withoutUs = cpuUs(() => {
      for (let commit = 0; commit < commits; commit++) plain.publish(batch);
    });
    const withUs = cpuUs(() => {
      for (let commit = 0; commit < commits; commit++) {
        const began = metrics.commits.begin();
        followed.publish(batch);
        metrics.commits.end(began);
      }
    });
    return ((withUs - withoutUs) * 1_000) / commits;
  } finally {
    metrics.close();
  }
}

function newTail(): StreamTail {
  const record = { ...IDS, agent: "a", createdAt: 0, status: "running", tail: 0, first: 1 } as const;
  return new StreamTail(record, emptyMessage("i"));
}

function cpuUs(work: () => void): number {
  const before = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(before);
  return user + system;
}
