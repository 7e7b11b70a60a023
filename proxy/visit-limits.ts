/** How often a visitor, or an address, may begin an answer, and how many at once: `access.perVisitor`, `access.perAddress`. */
import { StreamError } from "../protocol/index.ts";
import type { Config } from "./config-schema.ts";
import type { Caller } from "./spend/treasury.ts";
import type { VisitLimit, VisitRefusal, Visits } from "./stream-log/visits.ts";

type Limits = Pick<Config["access"], "perVisitor" | "perAddress">;

/** Nobody knows when an answer ends; most have by then, or soon after. */
const NEXT_END_MS = 2_000;

export class VisitLimits {
  readonly #visits: Visits;
  readonly #limits: Limits;

  constructor(visits: Visits, limits: Limits) {
    this.#visits = visits;
    this.#limits = limits;
  }

  /**
   * Runs `create`, which makes a stream, if the caller may begin one; what makes none counts for nothing.
   * @throws {StreamError} `rate_limited` with the time after which to ask again.
   */
  async within<Made extends { readonly created: boolean }>(
    stream: string,
    caller: Caller,
    create: () => Promise<Made>,
  ): Promise<Made> {
    const limits = this.#of(caller);
    if (limits.length === 0) return create();
    const refusal = await this.#visits.enter(stream, limits, Date.now());
    if (refusal !== null) throw refused(limits, refusal);
    let isMade = false;
    try {
      const made = await create();
      isMade = made.created;
      return made;
    } finally {
      if (!isMade) await this.#visits.withdraw(stream, limits);
    }
  }

  #of({ owner, address }: Caller): readonly VisitLimit[] {
    const { perVisitor, perAddress } = this.#limits;
    const keyed = [
      [`visitor:${owner}`, perVisitor],
      [`address:${address}`, address === null ? undefined : perAddress],
    ] as const;
    return keyed.flatMap(([key, { streamsPerMinute: perMinute = null, concurrent = null } = {}]) =>
      perMinute === null && concurrent === null ? [] : [{ key, perMinute, concurrent }],
    );
  }
}

function refused(limits: readonly VisitLimit[], { key, limit, waitMs }: VisitRefusal): StreamError {
  const allowed = limits.find((one) => one.key === key)![limit]!;
  const many = allowed === 1 ? "one answer" : `${allowed} answers`;
  const may = key.startsWith("address:") ? `Your address may begin ${many}` : `You may begin ${many}`;
  const message = limit === "perMinute" ? `${may} a minute` : `${may} at once: another has to end first`;
  return new StreamError("rate_limited", message, { retryAfterMs: Math.max(1, waitMs ?? NEXT_END_MS) });
}
