/**
 * Visits in the Redis store. A key's visits have a slot of their own; the streams lie elsewhere, so whether one still runs
 * is asked when it matters: when a key seems to have no room.
 */
import { script } from "./redis-connection.ts";
import type { RedisConnection } from "./redis-connection.ts";
import type { RedisKeys } from "./redis-keys.ts";
import { FORGET_MS, MINUTE_MS, START_MS } from "./visits.ts";
import type { VisitLimit, VisitRefusal, Visits } from "./visits.ts";

/** Streams that ended are found and taken out; more often than this others keep coming in between. */
const MOST_ROUNDS = 3;

/** KEYS recent, running. ARGV stream, now, perMinute, concurrent (nothing where there is no limit), then streams that have ended. */
const ENTER = script(`
local now = tonumber(ARGV[2])
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now - ${MINUTE_MS})
redis.call('ZREMRANGEBYSCORE', KEYS[2], '-inf', now - ${FORGET_MS})
-- Sent again after a lost connection: it has entered.
if redis.call('ZSCORE', KEYS[1], ARGV[1]) then return {} end
for i = 5, #ARGV do redis.call('ZREM', KEYS[2], ARGV[i]) end
if ARGV[3] ~= '' then
  local first = redis.call('ZCARD', KEYS[1]) - ARGV[3]
  if first >= 0 then return { 'perMinute', redis.call('ZRANGE', KEYS[1], first, first, 'WITHSCORES')[2] } end
end
if ARGV[4] ~= '' then
  local running = redis.call('ZRANGE', KEYS[2], 0, -1, 'WITHSCORES')
  if #running / 2 >= tonumber(ARGV[4]) then return { 'concurrent', unpack(running) } end
end
for i = 1, 2 do
  redis.call('ZADD', KEYS[i], ARGV[2], ARGV[1])
  redis.call('PEXPIRE', KEYS[i], ${FORGET_MS})
end
return {}`);

/** True while the stream runs; null when nobody knows it. */
export type IsRunning = (stream: string) => Promise<boolean | null>;

export class RedisVisits implements Visits {
  readonly #connection: RedisConnection;
  readonly #keys: RedisKeys;
  readonly #isRunning: IsRunning;

  constructor(connection: RedisConnection, keys: RedisKeys, isRunning: IsRunning) {
    this.#connection = connection;
    this.#keys = keys;
    this.#isRunning = isRunning;
  }

  async enter(stream: string, limits: readonly VisitLimit[], nowMs: number): Promise<VisitRefusal | null> {
    const entered: VisitLimit[] = [];
    for (const limit of limits) {
      const refusal = await this.#enter(stream, limit, nowMs);
      if (refusal === null) {
        entered.push(limit);
        continue;
      }
      await this.withdraw(stream, entered);
      return refusal;
    }
    return null;
  }

  async withdraw(stream: string, limits: readonly Pick<VisitLimit, "key">[]): Promise<void> {
    const keys = limits.flatMap(({ key }) => this.#keys.visits(key));
    await Promise.all(keys.map((key) => this.#connection.call(key, ["ZREM", key, stream])));
  }

  async #enter(
    stream: string,
    { key, perMinute, concurrent }: VisitLimit,
    nowMs: number,
  ): Promise<VisitRefusal | null> {
    const limits = [perMinute, concurrent].map((limit) => (limit === null ? "" : String(limit)));
    let ended: readonly string[] = [];
    for (let round = 1; ; round++) {
      const args = [stream, String(nowMs), ...limits, ...ended];
      const reply = await this.#connection.run(ENTER, this.#keys.visits(key), args);
      const [limit, ...found] = reply as readonly string[];
      if (limit === undefined) return null;
      if (limit === "perMinute") return { key, limit, waitMs: Number(found[0]) + MINUTE_MS - nowMs };
      ended = await this.#endedOf(found, nowMs);
      if (ended.length === 0 || round === MOST_ROUNDS) return { key, limit: "concurrent", waitMs: null };
    }
  }

  /** @param found streams, each followed by when it began */
  async #endedOf(found: readonly string[], nowMs: number): Promise<readonly string[]> {
    const streams = found.filter((_, index) => index % 2 === 0);
    const over = await Promise.all(
      streams.map(async (stream, index) => {
        const isRunning = await this.#isRunning(stream);
        return (isRunning ?? Number(found[index * 2 + 1]) > nowMs - START_MS) ? [] : [stream];
      }),
    );
    return over.flat();
  }
}
