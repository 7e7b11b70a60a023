/** A call that lost a race: paid for by what is known of it, told to the route, ended in the log. */
import { StreamError } from "../../protocol/index.ts";
import type { StreamEvent, Usage } from "../../protocol/index.ts";
import type { Loser } from "./hedge.ts";

/** Settles everything but the log, for which it returns the end. */
export async function settleLost(loser: Loser): Promise<StreamEvent[]> {
  const { call, said, failure, isUnbilled } = loser;
  // Paid for, whether there is money left or not.
  await call.meter.read(said)?.catch(() => false);
  call.meter.end(isUnbilled);
  const error = failure ?? new StreamError("cancelled", "Another was faster");
  call.passage.end({ error, outputTokens: 0 });
  return lostEnd(loser);
}

/** What it reported, if anything, is not its last word. */
function lostEnd({ call, said, failure, isUnbilled }: Loser): StreamEvent[] {
  const { attempt, target } = call;
  const nothing: Usage = { input: 0, output: 0, final: isUnbilled };
  const reported = said.findLast((event) => event.type === "usage")?.usage;
  const usage = reported === undefined && !isUnbilled ? nothing : target.pricing({ ...nothing, ...reported });
  const end = { type: "attempt.end", attempt } as const;
  return [
    { type: "usage", attempt, ...usage, final: isUnbilled },
    failure === null ? { ...end, outcome: "superseded" } : { ...end, outcome: "error", error: failure.toJSON() },
  ];
}
