/** An answer that its provider goes on writing though nobody will read it on: the provider is told, once. */
import { StreamError } from "../../protocol/index.ts";
import { STILL_WANTED } from "../provider/provider.ts";
import type { Call } from "./attempt.ts";
import type { Speech } from "./speech.ts";

/** A call that ended so has told its provider itself. */
const TOLD: ReadonlySet<string> = new Set(["cancelled", "first_token_timeout", "budget_exhausted"]);

/**
 * For an attempt that is over for good. Costs nothing where the provider keeps no answers; not waited for.
 * @param error why the call ended
 * @param signal the stream's: a call under way told its provider when it aborted, a broken one could not
 */
export function abandon(call: Call, { resume }: Speech, error: StreamError, signal: AbortSignal): void {
  if (resume === null || TOLD.has(error.code)) return;
  const stopped = signal.aborted ? StreamError.from(signal.reason) : null;
  if (stopped !== null && (stopped.code === error.code || STILL_WANTED.has(stopped.code))) return;
  call.target.provider.abandon?.(resume, call.key);
}
