/** One call of a provider, written into the log from its first event to its last. */
import { isContent, StreamError } from "../../protocol/index.ts";
import { UNBILLED } from "../provider/provider.ts";
import type { ProviderEvent, ProviderKey, ProviderRequest } from "../provider/provider.ts";
import type { Passage } from "../route/route.ts";
import type { Target } from "../route/target.ts";
import type { AttemptMeter } from "../spend/meter.ts";
import type { Write } from "./output.ts";
import type { Speech } from "./speech.ts";

/** What to ask, before it is decided whom. */
export type TargetlessRequest = Omit<ProviderRequest, "model">;

/** A call under way. */
export interface Call {
  /** The attempt's number in the stream. */
  readonly attempt: number;
  readonly target: Target;
  readonly key: ProviderKey | null;
  readonly passage: Passage;
  readonly meter: AttemptMeter;
  /** The length asked for is what the money allows, not what was wanted. */
  readonly isCapped: boolean;
  readonly events: AsyncIterable<readonly ProviderEvent[]>;
  /** Hangs up this call and no other; null where only the stream as a whole is stopped. */
  readonly stop: AbortController | null;
}

/**
 * Writes what the call yields. Resolves when it has ended: null for a complete answer, else why it is none. What
 * `speech` has to say of the end is left to the caller, who knows whether another attempt goes on from here.
 */
export async function listen(
  { attempt, key, events, passage, meter }: Call,
  speech: Speech,
  write: Write,
  refusal: () => StreamError | null,
  signal: AbortSignal,
): Promise<StreamError | null> {
  let isFirst = true;
  const take = (batch: readonly ProviderEvent[]): Waits => {
    if (isFirst && batch.some(isContent)) {
      passage.firstContent();
      isFirst = false;
    }
    const money = meter.read(batch);
    const known = speech.resume;
    const mapped = speech.map(batch);
    const { resume } = speech;
    const record = resume === known || resume === null ? undefined : { resume, attempt, key: key?.id ?? null };
    const room = write(mapped, record);
    return room === undefined && money === undefined ? null : { room, money };
  };
  const source = events[Symbol.asyncIterator]();
  try {
    // No `for await`, and nothing of a batch in a variable: both would keep it until the next one has come.
    for (let waits = taken(await source.next(), take); waits !== OVER; waits = taken(await source.next(), take)) {
      if (waits === null) continue;
      if (waits.room !== undefined) await waits.room;
      // What was read is paid for and shown; what would follow is not.
      if (waits.money === undefined || (await waits.money) || speech.reason !== null) continue;
      await source.return?.();
      return refusal() ?? spent();
    }
  } catch (thrown) {
    await source.return?.().catch(() => {});
    speech.unbilled = thrown instanceof Error && UNBILLED.has(thrown);
    return StreamError.from(signal.aborted ? signal.reason : thrown);
  }
  if (speech.reason !== null) return null;
  return new StreamError("upstream_truncated", "The provider's answer ended early");
}

/** What must be waited for before more is read; null for nothing. */
type Waits = { readonly room: Promise<void> | undefined; readonly money: Promise<boolean> | undefined } | null;

const OVER = Symbol("over");

const taken = (
  { done, value }: IteratorResult<readonly ProviderEvent[]>,
  take: (batch: readonly ProviderEvent[]) => Waits,
): Waits | typeof OVER => (done === true ? OVER : take(value as readonly ProviderEvent[]));

const spent = (): StreamError => new StreamError("budget_exhausted", "What this answer may cost is spent");
