/** How a Redis server fails, or the way to it: what passes by itself, and what an operator must put right. */
import { isStreamError, StreamError } from "../../protocol/index.ts";
import type { RedisPlace } from "./redis-url.ts";

/** Errors of the server that pass by themselves. */
const PASSING = /^(LOADING|CLUSTERDOWN|TRYAGAIN|MASTERDOWN|READONLY|BUSY |NOREPLICAS|FAILOVER|UNBLOCKED)/;
/** What a server replies begins so; the rest of it may repeat what it was sent, a password too. */
const REPLY = /^([A-Z]+) /;

/** What the client library throws itself is about the connection; what the server replies is final, with exceptions. */
export const isPassing = (thrown: unknown): boolean =>
  thrown instanceof Error && (!REPLY.test(thrown.message) || PASSING.test(thrown.message));

/** Why a store could not be opened: it names the hosts, the server's word for it, and no password. */
export function openFailure({ hosts }: RedisPlace, thrown: unknown): StreamError {
  const where = hosts.map(({ host, port }) => `${host}:${port}`).join(", ");
  const cause = isStreamError(thrown) && thrown.cause !== undefined ? thrown.cause : thrown;
  const reply = cause instanceof Error && !isPassing(cause) ? REPLY.exec(cause.message)?.[1] : undefined;
  if (reply === undefined && isStreamError(thrown)) return thrown;
  const problem = reply === undefined ? "Cannot reach the Redis store" : "The Redis store refuses us";
  const why = reply === undefined ? "" : `: ${reply}`;
  return new StreamError("storage_unavailable", `${problem} at ${where}${why}`, { cause });
}
