/**
 * The ledger of the Redis store. The accounts of a day lie in one slot with what streams hold of them, so that each
 * operation is one script. A stream's end lies in another slot: it keeps what was spent, and whoever finds it settles it,
 * once, because the reservation goes in the same step. Until then the stream counts what it holds.
 */
import type { Account, AccountState, Held, Ledger, Reservation } from "./ledger.ts";
import { script } from "./redis-connection.ts";
import type { RedisConnection } from "./redis-connection.ts";
import type { RedisKeys } from "./redis-keys.ts";

/** A settled stream is remembered for so long, against a writer that does not know yet that it was replaced. */
const SETTLED_MS = 3_600_000;
/** Reservations looked at in one step. */
const SCAN_COUNT = "500";

/** A reservation is kept as `held JSON`, the JSON being the keys of its accounts. */
const PARSE = `local function parse(text)
  local held, keys = string.match(text, '^(%d+) (.*)$')
  return tonumber(held), cjson.decode(keys), keys
end
local function whole(number) return string.format('%.0f', number) end
`;

/** KEYS accounts, reservations, settled. ARGV stream, amount, keepMs, keys as JSON, then key and limit of each. */
const HOLD = script(`${PARSE}
if redis.call('ZSCORE', KEYS[3], ARGV[1]) then return { '0', '', '' } end
local before = redis.call('HGET', KEYS[2], ARGV[1])
local had, keys, text = 0, cjson.decode(ARGV[4]), ARGV[4]
if before then had, keys, text = parse(before) end
local left, tightest
for i = 5, #ARGV, 2 do
  if ARGV[i + 1] ~= '' then
    local sums = redis.call('HMGET', KEYS[1], 's:' .. ARGV[i], 'r:' .. ARGV[i])
    local rest = ARGV[i + 1] - (sums[1] or 0) - (sums[2] or 0)
    if not left or rest < left then left, tightest = rest, ARGV[i] end
  end
end
local more = ARGV[2] - had
local granted = more
if more > 0 and left then granted = math.max(0, math.min(more, left)) end
if not before or granted ~= 0 then
  redis.call('HSET', KEYS[2], ARGV[1], whole(had + granted) .. ' ' .. text)
  for _, key in ipairs(keys) do
    redis.call('HINCRBY', KEYS[1], 'r:' .. key, whole(granted))
  end
  for i = 1, 2 do redis.call('PEXPIRE', KEYS[i], ARGV[3]) end
end
return { whole(had + granted), left and whole(left - granted) or '', tightest or '' }`);

/** KEYS as HOLD. ARGV stream, spent or nothing for all it holds, keepMs. */
const SETTLE = script(`${PARSE}
local before = redis.call('HGET', KEYS[2], ARGV[1])
if not before then return 0 end
local held, keys = parse(before)
local spent = ARGV[2] == '' and whole(held) or ARGV[2]
for _, key in ipairs(keys) do
  redis.call('HINCRBY', KEYS[1], 's:' .. key, spent)
  redis.call('HINCRBY', KEYS[1], 'r:' .. key, whole(-held))
end
redis.call('HDEL', KEYS[2], ARGV[1])
local time = redis.call('TIME')
local now = time[1] * 1000
redis.call('ZADD', KEYS[3], whole(now), ARGV[1])
redis.call('ZREMRANGEBYSCORE', KEYS[3], '-inf', whole(now - ${SETTLED_MS}))
redis.call('PEXPIRE', KEYS[3], ARGV[3])
return 1`);

/** What the log knows of the streams that hold money. */
export interface LedgerStreams {
  /** Keeps with the stream which day its money comes from. */
  keepDay(stream: string, day: string): Promise<void>;
  /** Null when there is no such stream, or it holds nothing. */
  dayOf(stream: string): Promise<string | null>;
  /** What it has spent; null while it runs. What it holds, when nobody knows it any more. */
  spentOf(stream: string): Promise<number | "held" | null>;
}

export class RedisLedger implements Ledger {
  readonly #connection: RedisConnection;
  readonly #keys: RedisKeys;
  readonly #streams: LedgerStreams;
  readonly #keepMs: string;

  constructor(connection: RedisConnection, keys: RedisKeys, streams: LedgerStreams, keepMs: number) {
    this.#connection = connection;
    this.#keys = keys;
    this.#streams = streams;
    this.#keepMs = String(keepMs);
  }

  async hold(stream: string, accounts: readonly Account[], amount: number): Promise<Held> {
    const day = accounts[0]?.day;
    if (day === undefined || accounts.some((account) => account.day !== day)) {
      throw new TypeError("accounts: found several days or none, expected accounts of one day");
    }
    if ((await this.#streams.dayOf(stream)) === null) await this.#announce(stream, day);
    const limits = accounts.flatMap(({ key, limit }) => [key, limit === null ? "" : String(limit)]);
    const from = JSON.stringify(accounts.map(({ key }) => key));
    const reply = await this.#connection.run(HOLD, this.#keys.day(day), [
      ...[stream, String(amount), this.#keepMs, from],
      ...limits,
    ]);
    const [held, left, tightest] = reply as readonly [string, string, string];
    return { held: Number(held), left: left === "" ? null : Number(left), tightest: tightest === "" ? null : tightest };
  }

  async reservation(stream: string): Promise<Reservation | null> {
    const day = await this.#streams.dayOf(stream);
    if (day === null) return null;
    const [, reservations] = this.#keys.day(day);
    const found = await this.#connection.call(reservations, ["HGET", reservations, stream]);
    if (typeof found !== "string") return null;
    const space = found.indexOf(" ");
    const accounts = (JSON.parse(found.slice(space + 1)) as string[]).map((key) => ({ key, day }));
    return { accounts, held: Number(found.slice(0, space)) };
  }

  async account(key: string, day: string): Promise<AccountState> {
    const [accounts] = this.#keys.day(day);
    const sums = await this.#connection.call(accounts, ["HMGET", accounts, `s:${key}`, `r:${key}`]);
    const [spent, reserved] = sums as readonly (string | null)[];
    return { spent: Number(spent ?? 0), reserved: Number(reserved ?? 0) };
  }

  /** The stream has ended, or was deleted: then what it held counts as spent. Repeating it changes nothing. */
  async settle(stream: string, day: string, spent: number | "held"): Promise<void> {
    await this.#connection.run(SETTLE, this.#keys.day(day), [
      stream,
      spent === "held" ? "" : String(spent),
      this.#keepMs,
    ]);
  }

  /** Settles what processes that died have left. */
  async settleLeft(): Promise<void> {
    for (const day of await this.#days()) {
      const [, reservations] = this.#keys.day(day);
      for (let cursor = "0"; ;) {
        const reply = await this.#connection.call(reservations, ["HSCAN", reservations, cursor, "COUNT", SCAN_COUNT]);
        const [next, fields] = reply as readonly [string, readonly string[]];
        const streams = fields.filter((_, index) => index % 2 === 0);
        await Promise.all(streams.map((stream) => this.#settleIfEnded(stream, day)));
        if (next === "0") break;
        cursor = next;
      }
    }
  }

  async dropDaysBefore(day: string): Promise<void> {
    for (const old of (await this.#days()).filter((found) => found < day)) {
      const keys = this.#keys.day(old);
      await this.#connection.call(keys[0], ["DEL", ...keys]);
      await this.#connection.call(this.#keys.days, ["SREM", this.#keys.days, old]);
    }
  }

  async #announce(stream: string, day: string): Promise<void> {
    const { days } = this.#keys;
    await Promise.all([this.#connection.call(days, ["SADD", days, day]), this.#streams.keepDay(stream, day)]);
  }

  async #days(): Promise<readonly string[]> {
    return (await this.#connection.call(this.#keys.days, ["SMEMBERS", this.#keys.days])) as readonly string[];
  }

  async #settleIfEnded(stream: string, day: string): Promise<void> {
    const spent = await this.#streams.spentOf(stream);
    if (spent !== null) await this.settle(stream, day, spent);
  }
}
