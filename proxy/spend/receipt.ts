/** How an answer came about and what it cost: a pure fold of its log's entries and of its purse's bill. */
import type {
  AttemptCause,
  AttemptMode,
  AttemptOutcome,
  EndReason,
  ErrorCode,
  LogEntry,
  RouteNote,
  StreamEnd,
  StreamEvent,
  Usage,
} from "../../protocol/index.ts";
import type { StreamRecord } from "../stream-log/stream-log.ts";
import type { AttemptBill, Bill } from "./meter.ts";

type AttemptStart = Extract<StreamEvent, { type: "attempt.start" }>;
type AttemptEnd = Extract<StreamEvent, { type: "attempt.end" }>;

export interface ReceiptAttempt {
  readonly attempt: number;
  readonly provider: string;
  readonly model: string;
  readonly cause: AttemptCause;
  readonly mode: AttemptMode;
  /** Why it went there. */
  readonly route?: RouteNote;
  readonly outcome: AttemptOutcome;
  readonly error?: ErrorCode;
  /** From its start to the first content; absent when none came, and for the loser of a hedge. */
  readonly firstTokenMs?: number;
  readonly ms: number;
  /** As reported by the provider; absent when it reported nothing. */
  readonly reported?: Usage;
  /** What was booked; absent for an attempt that read on what an earlier one paid for. */
  readonly booked?: Booked;
}

export interface Booked {
  readonly input: number;
  readonly output: number;
  /** US dollars; absent when the price is unknown. */
  readonly costUsd?: number;
  readonly priceTable?: string;
  /** The provider gave no closing figures: counted from the text. */
  readonly estimated: boolean;
  /** What was counted from the text while it came, beside what is booked. */
  readonly estimate: { readonly input: number; readonly output: number; readonly costUsd?: number };
}

export interface Receipt {
  readonly version: 1;
  readonly stream: string;
  readonly agent: string;
  readonly conversation: string;
  /** Milliseconds since the epoch. */
  readonly createdAt: number;
  readonly endedAt: number;
  readonly reason: EndReason;
  readonly error?: ErrorCode;
  readonly firstTokenMs?: number;
  readonly totalMs: number;
  readonly attempts: readonly ReceiptAttempt[];
  readonly total: {
    readonly input: number;
    readonly output: number;
    /** US dollars of all whose price is known. */
    readonly costUsd: number;
    /** Attempts whose price nobody knows: they are not in the sum. */
    readonly unpriced: number;
    readonly estimated: boolean;
    readonly estimatedUsd: number;
  };
  /** Every table a price came from. */
  readonly priceTables: readonly string[];
}

interface OpenAttempt {
  readonly start: AttemptStart;
  readonly ts: number;
  firstTs: number | null;
  reported: Usage | null;
  end: { readonly event: AttemptEnd; readonly ts: number } | null;
}

/** Takes the entries of a stream as they are committed. */
export class ReceiptFold {
  /** A few at most: one for each call of a provider. */
  #attempts: readonly OpenAttempt[] = [];
  /** Attempts under way that have said nothing yet: content is looked for only while there are some. */
  #silent = 0;

  apply(entries: readonly LogEntry[]): void {
    for (const entry of entries) this.#apply(entry);
  }

  /** @param end the event that is about to be committed, at `ts` */
  receipt(record: StreamRecord, end: StreamEnd, ts: number, bill: Bill): Receipt {
    const bills = [...bill.attempts];
    const attempts = this.#attempts
      .toSorted((one, other) => one.start.attempt - other.start.attempt)
      .map((attempt) => toReceipt(attempt, takeBill(bills, attempt.start), ts));
    const { firstTokenMs, totalMs } = end.timings;
    return {
      version: 1,
      stream: record.id,
      agent: record.agent,
      conversation: record.conversation,
      createdAt: record.createdAt,
      endedAt: ts,
      reason: end.reason,
      ...(end.error === undefined ? {} : { error: end.error.code }),
      ...(firstTokenMs === undefined ? {} : { firstTokenMs }),
      totalMs,
      attempts,
      total: totalOf(bill),
      priceTables: [...new Set(bill.attempts.flatMap(({ priceTable }) => priceTable ?? []))],
    };
  }

  #apply(entry: LogEntry): void {
    switch (entry.type) {
      case "delta":
      case "source":
        if (this.#silent > 0) this.#spoke(entry.ts);
        return;
      case "attempt.start":
        this.#attempts = this.#attempts.concat({
          start: entry,
          ts: entry.ts,
          firstTs: null,
          reported: null,
          end: null,
        });
        this.#silent++;
        return;
      case "usage": {
        const attempt = this.#attempt(entry.attempt);
        // Zeros stand for a provider that said nothing.
        if (attempt !== undefined && entry.input + entry.output > 0) attempt.reported = usageOf(entry);
        return;
      }
      case "attempt.end": {
        const attempt = this.#attempt(entry.attempt);
        if (attempt === undefined) return;
        if (attempt.firstTs === null) this.#silent--;
        attempt.end = { event: entry, ts: entry.ts };
        return;
      }
      default:
        return;
    }
  }

  #attempt(number: number): OpenAttempt | undefined {
    return this.#attempts.find(({ start }) => start.attempt === number);
  }

  #spoke(ts: number): void {
    for (const attempt of this.#attempts) if (attempt.end === null) attempt.firstTs ??= ts;
    this.#silent = 0;
  }
}

function toReceipt(attempt: OpenAttempt, bill: AttemptBill | undefined, nowTs: number): ReceiptAttempt {
  const { start, ts, firstTs, reported, end } = attempt;
  const { provider, model, cause, mode, route } = start;
  const { outcome, error } = end?.event ?? { outcome: "error", error: undefined };
  return {
    attempt: start.attempt,
    provider,
    model,
    cause,
    mode,
    ...(route === undefined ? {} : { route }),
    outcome,
    ...(error === undefined ? {} : { error: error.code }),
    ...(firstTs === null || outcome === "superseded" ? {} : { firstTokenMs: firstTs - ts }),
    ms: (end?.ts ?? nowTs) - ts,
    ...(reported === null ? {} : { reported }),
    ...(bill === undefined ? {} : { booked: bookedOf(bill) }),
  };
}

/** Bills come in the order of the attempts; one that reads on has none, and one that never spoke may be nowhere in the log. */
function takeBill(bills: AttemptBill[], { provider, model, mode }: AttemptStart): AttemptBill | undefined {
  if (mode === "reattach") return undefined;
  const index = bills.findIndex(({ target }) => target === `${provider}/${model}`);
  return index < 0 ? undefined : bills.splice(index, 1)[0];
}

const bookedOf = ({ target: _target, ...booked }: AttemptBill): Booked => booked;

const usageOf = ({
  type: _type,
  seq: _seq,
  ts: _ts,
  n: _n,
  attempt: _attempt,
  ...usage
}: LogEntry & { type: "usage" }): Usage => usage;

function totalOf({ attempts }: Bill): Receipt["total"] {
  const sum = (of: (bill: AttemptBill) => number) => attempts.reduce((total, bill) => total + of(bill), 0);
  return {
    input: sum(({ input }) => input),
    output: sum(({ output }) => output),
    costUsd: sum(({ costUsd = 0 }) => costUsd),
    unpriced: attempts.filter(({ costUsd }) => costUsd === undefined).length,
    estimated: attempts.some(({ estimated }) => estimated),
    estimatedUsd: sum(({ estimate }) => estimate.costUsd ?? 0),
  };
}
