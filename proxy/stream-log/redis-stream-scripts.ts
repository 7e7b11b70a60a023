/**
 * What is done to a stream, each in one step in the slot of its conversation. A stream is a hash (`meta`) and a Redis
 * stream (`entries`): one row a commit, with the id `<last seq>-0`, one field whose name is the commit's own mark and
 * whose value holds a JSON document a line.
 */
import { script } from "./redis-connection.ts";

/** This server process: another one may have lost what the one before had acknowledged. */
const RUN_ID = `local function runId() return string.match(redis.call('INFO', 'server'), 'run_id:(%w+)') or '' end
`;
const NOW = `local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
`;

/** The order in which a record is returned. */
export const RECORD_FIELDS = [
  ...[
    "id",
    "inc",
    "term",
    "owner",
    "agent",
    "conversation",
    "message",
    "parent",
    "createdAt",
    "status",
    "tail",
    "first",
  ],
] as const;
const RECORD = `redis.call('HMGET', KEYS[1], '${RECORD_FIELDS.join("', '")}')`;

/** KEYS meta. ARGV ttlMs. A stream that is not there never will be: whoever is about to write it is refused. */
export const VOID = script(`if redis.call('HEXISTS', KEYS[1], 'term') == 1 then return 0 end
redis.call('HSET', KEYS[1], 'void', 1)
redis.call('PEXPIRE', KEYS[1], ARGV[1])
return 1`);

/**
 * KEYS meta, entries, conversation, turns, messages, streams.
 * ARGV keepMs, leaseMs, last, mark, body, title, isNew, turn id, turn, message id, message turn, then the hash's fields.
 */
export const CREATE = script(`${RUN_ID}${NOW}
if redis.call('HEXISTS', KEYS[1], 'void') == 1 then return 'void' end
if redis.call('EXISTS', KEYS[1]) == 1 then return 'there' end
local fields = {}
for i = 12, #ARGV do fields[#fields + 1] = ARGV[i] end
local meta = {}
for i = 1, #fields, 2 do meta[fields[i]] = fields[i + 1] end
if ARGV[7] == '1' then
  redis.call('HSET', KEYS[3], 'id', meta.conversation, 'owner', meta.owner, 'agent', meta.agent,
    'createdAt', meta.createdAt, 'title', ARGV[6])
elseif redis.call('EXISTS', KEYS[3]) == 0 then
  return 'gone'
end
redis.call('HSET', KEYS[1], 'term', 1, 'status', 'running', 'tail', ARGV[3], 'first', 1, 'bytes', #ARGV[5],
  'run', runId(), 'until', string.format('%.0f', now + ARGV[2]), unpack(fields))
redis.call('XADD', KEYS[2], ARGV[3] .. '-0', ARGV[4], ARGV[5])
local n = redis.call('HINCRBY', KEYS[3], 'turns', 2)
redis.call('HSET', KEYS[3], 'updatedAt', meta.createdAt, 'head', ARGV[10])
redis.call('HSET', KEYS[4], ARGV[8], (n - 1) .. ' ' .. ARGV[9], ARGV[10], n .. ' ' .. ARGV[11])
redis.call('SADD', KEYS[6], meta.id)
for i = 1, 6 do redis.call('PEXPIRE', KEYS[i], ARGV[1]) end
local base = string.sub(KEYS[1], 1, #KEYS[1] - #meta.id - 5)
for _, id in ipairs(redis.call('SMEMBERS', KEYS[6])) do
  for _, kind in ipairs({'meta:', 'entries:', 'records:'}) do redis.call('PEXPIRE', base .. kind .. id, ARGV[1]) end
end
return 'made'`);

/**
 * Whether a batch may be appended, and what becomes of it: nothing, unless this returns at the end of it.
 * KEYS meta, entries, records, … ARGV term, first, last, acknowledged, mark, flags, body, channel, count of records,
 * the records, … Flags: `a` this was sent before, `v` the server may be another one since the last append.
 */
const APPEND_BATCH = `${RUN_ID}
local meta = redis.call('HMGET', KEYS[1], 'term', 'tail', 'status')
if not meta[1] then return 'gone' end
if meta[1] ~= ARGV[1] then return 'term ' .. meta[1] end
local tail = tonumber(meta[2])
if string.find(ARGV[6], 'a', 1, true) and meta[2] == ARGV[3] then
  local row = redis.call('XRANGE', KEYS[2], ARGV[3] .. '-0', ARGV[3] .. '-0')[1]
  if row and row[2][1] == ARGV[5] then return 'again' end
end
if meta[3] ~= 'running' then return 'ended' end
if tail < tonumber(ARGV[4]) then return 'lost ' .. meta[2] end
if tail + 1 ~= tonumber(ARGV[2]) then return 'tail ' .. meta[2] end
redis.call('XADD', KEYS[2], ARGV[3] .. '-0', ARGV[5], ARGV[7])
redis.call('HSET', KEYS[1], 'tail', ARGV[3])
local bytes = redis.call('HINCRBY', KEYS[1], 'bytes', #ARGV[7])
if string.find(ARGV[6], 'v', 1, true) then redis.call('HSET', KEYS[1], 'run', runId()) end
local records = tonumber(ARGV[9])
for i = 10, 9 + records do redis.call('RPUSH', KEYS[3], ARGV[i]) end
redis.call('PUBLISH', ARGV[8], ARGV[5])
`;

export const APPEND = script(`${APPEND_BATCH}return 'done'`);

/**
 * The last append. KEYS …, messages, outcomes. ARGV …, status, endedAt, message id, message, spent, receipt, most bytes of
 * entries, keepMs. Returns an array.
 */
export const END = script(`${APPEND_BATCH}
local at = 9 + records
redis.call('HSET', KEYS[1], 'status', ARGV[at + 1], 'endedAt', ARGV[at + 2], 'spent', ARGV[at + 5])
if ARGV[at + 6] ~= '' then redis.call('HSET', KEYS[1], 'receipt', ARGV[at + 6]) end
redis.call('HSET', KEYS[4], ARGV[at + 3], ARGV[at + 4])
redis.call('HDEL', KEYS[1], 'request', 'cancel', 'replica', 'until')
redis.call('DEL', KEYS[5])
for i = 1, 4 do redis.call('PEXPIRE', KEYS[i], ARGV[at + 8]) end
local most = tonumber(ARGV[at + 7])
local first
while bytes > most do
  local rows = redis.call('XRANGE', KEYS[2], '-', '+', 'COUNT', 100)
  for _, row in ipairs(rows) do
    local last = string.match(row[1], '^%d+')
    if bytes <= most or last == ARGV[3] then most = bytes break end
    bytes = bytes - #row[2][2]
    first = last + 1
  end
  if first then redis.call('XTRIM', KEYS[2], 'MINID', string.format('%.0f', first) .. '-0') end
end
if first then redis.call('HSET', KEYS[1], 'bytes', bytes, 'first', string.format('%.0f', first)) end
return 'done'`);

/** KEYS meta. ARGV term, acknowledged, inc, channel. Acknowledged entries are gone: the log is another one now. */
export const LOSE = script(`${RUN_ID}
local meta = redis.call('HMGET', KEYS[1], 'term', 'tail')
if meta[1] ~= ARGV[1] or tonumber(meta[2]) >= tonumber(ARGV[2]) then return 0 end
redis.call('HSET', KEYS[1], 'inc', ARGV[3], 'run', runId())
redis.call('PUBLISH', ARGV[4], '')
return 1`);

/**
 * KEYS meta. ARGV replica, leaseMs, inc, channel. The server is another process than when the stream was last known to be
 * whole, and nobody is left who knows how far it was: the log gets another incarnation.
 */
export const TAKE = script(`${RUN_ID}${NOW}
local meta = redis.call('HMGET', KEYS[1], 'status', 'replica', 'until', 'run')
if meta[1] ~= 'running' then return false end
if meta[2] ~= ARGV[1] and tonumber(meta[3]) > now then return false end
local run = runId()
if meta[4] ~= run then redis.call('HSET', KEYS[1], 'inc', ARGV[3], 'run', run) end
redis.call('HINCRBY', KEYS[1], 'term', 1)
redis.call('HSET', KEYS[1], 'replica', ARGV[1], 'until', string.format('%.0f', now + ARGV[2]))
redis.call('PUBLISH', ARGV[4], '')
return ${RECORD}`);

/** KEYS meta. ARGV replica, leaseMs. */
export const RENEW = script(`${NOW}
local meta = redis.call('HMGET', KEYS[1], 'status', 'replica')
if meta[1] ~= 'running' or meta[2] ~= ARGV[1] then return 0 end
redis.call('HSET', KEYS[1], 'until', string.format('%.0f', now + ARGV[2]))
return 1`);

/** KEYS meta. ARGV term. */
export const RELEASE = script(`local meta = redis.call('HMGET', KEYS[1], 'status', 'term')
if meta[1] ~= 'running' or meta[2] ~= ARGV[1] then return 0 end
redis.call('HSET', KEYS[1], 'until', 0, 'replica', '')
return 1`);

/** KEYS meta. Returns status, milliseconds of lease left, createdAt, endedAt. */
export const STATE = script(`${NOW}
local meta = redis.call('HMGET', KEYS[1], 'status', 'until', 'createdAt', 'endedAt')
return { meta[1] or '', string.format('%.0f', (tonumber(meta[2]) or 0) - now), meta[3] or '0', meta[4] or '0' }`);

/** KEYS meta. ARGV channel. */
export const CANCEL = script(`if redis.call('HGET', KEYS[1], 'status') ~= 'running' then return 0 end
redis.call('HSET', KEYS[1], 'cancel', 1)
redis.call('PUBLISH', ARGV[1], '')
return 1`);

/** KEYS meta, outcomes. ARGV channel, keepMs, call, outcome. */
export const OUTCOME = script(`if redis.call('HGET', KEYS[1], 'status') ~= 'running' then return false end
redis.call('HSETNX', KEYS[2], ARGV[3], ARGV[4])
redis.call('PEXPIRE', KEYS[2], ARGV[2])
redis.call('PUBLISH', ARGV[1], '')
return redis.call('HGET', KEYS[2], ARGV[3])`);

/** KEYS meta, viewers. ARGV process, seq, attendedMs, channel. */
export const ATTEND = script(`${NOW}
if redis.call('HGET', KEYS[1], 'status') ~= 'running' then return 0 end
redis.call('HSET', KEYS[2], ARGV[1], string.format('%s %.0f', ARGV[2], now))
redis.call('PEXPIRE', KEYS[2], ARGV[3])
redis.call('PUBLISH', ARGV[4], '')
return 1`);

/** KEYS meta, outcomes, viewers. ARGV process that asks, attendedMs. Returns cancel, outcomes, seq (-1: nobody), milliseconds ago. */
export const REQUESTS = script(`${NOW}
local seq, ago = -1, tonumber(ARGV[2])
local viewers = redis.call('HGETALL', KEYS[3])
for i = 1, #viewers, 2 do
  local at, time = string.match(viewers[i + 1], '(%d+) (%d+)')
  local age = now - tonumber(time)
  if viewers[i] ~= ARGV[1] and age < tonumber(ARGV[2]) then
    seq = math.max(seq, tonumber(at))
    ago = math.min(ago, age)
  end
end
return { redis.call('HGET', KEYS[1], 'cancel') or '', redis.call('HGETALL', KEYS[2]), seq, ago }`);

/** KEYS running. ARGV leaseMs, ids: when the leases of these streams run out, as a hint. */
export const NOTE_LEASES = script(`${NOW}
for i = 2, #ARGV do redis.call('ZADD', KEYS[1], string.format('%.0f', now + ARGV[1]), ARGV[i]) end
return 1`);

/** KEYS running. ARGV from, count. Streams whose lease has run out, as far as the hint tells. */
export const LAPSED = script(`${NOW}
return redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', string.format('%.0f', now), 'LIMIT', ARGV[1], ARGV[2])`);
