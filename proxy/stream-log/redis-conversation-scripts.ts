/** What is done to a conversation and what is in it, each in one step in its slot. */
import { script } from "./redis-connection.ts";

/**
 * KEYS meta, entries, records, outcomes, conversation, turns, messages, streams. ARGV id, channel. Returns the message, the
 * key of the send id, and the day whose accounts it holds money of.
 */
export const DROP_STREAM = script(`local meta = redis.call('HMGET', KEYS[1], 'message', 'before', 'sendKey', 'day')
if not meta[1] then return false end
if redis.call('HGET', KEYS[5], 'head') == meta[1] then
  if meta[2] == '' then redis.call('HDEL', KEYS[5], 'head') else redis.call('HSET', KEYS[5], 'head', meta[2]) end
end
redis.call('HDEL', KEYS[6], meta[1])
redis.call('HDEL', KEYS[7], meta[1])
redis.call('SREM', KEYS[8], ARGV[1])
redis.call('DEL', KEYS[1], KEYS[2], KEYS[3], KEYS[4])
redis.call('PUBLISH', ARGV[2], '')
return { meta[1], meta[3] or '', meta[4] or '' }`);

/**
 * KEYS conversation, turns, messages, streams. ARGV before, or nothing to drop it whatever its age. From here on nobody
 * continues it. Returns its owner, its streams and its turns.
 */
export const CLOSE_CONVERSATION = script(`if ARGV[1] ~= '' then
  local updated = tonumber(redis.call('HGET', KEYS[1], 'updatedAt') or '0')
  if updated >= tonumber(ARGV[1]) then return false end
end
local owner = redis.call('HGET', KEYS[1], 'owner') or ''
redis.call('DEL', KEYS[1])
return { owner, redis.call('SMEMBERS', KEYS[4]), redis.call('HKEYS', KEYS[2]) }`);

/** KEYS meta, entries. ARGV before. Returns what it found, and the key of the send id where that goes too. */
export const TRIM_STREAM = script(`local meta = redis.call('HMGET', KEYS[1], 'status', 'endedAt', 'tail', 'sendKey')
if not meta[1] then return { 'gone', '' } end
if meta[1] == 'running' then return { 'running', '' } end
if tonumber(meta[2]) >= tonumber(ARGV[1]) then return { 'later', '' } end
local had = redis.call('DEL', KEYS[2])
redis.call('HSET', KEYS[1], 'first', string.format('%.0f', meta[3] + 1), 'bytes', 0)
return { had == 1 and 'trimmed' or 'empty', meta[4] or '' }`);

/** KEYS send. ARGV stream. Forgets which stream a send id started, if it was this one. */
export const FORGET_SEND = script(`local found = redis.call('GET', KEYS[1])
if found and cjson.decode(found).stream == ARGV[1] then return redis.call('DEL', KEYS[1]) end
return 0`);

/** KEYS send. ARGV found, instead, keepMs. */
export const REPLACE_SEND = script(`if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3])
return 1`);

/** KEYS meta. ARGV day. */
export const KEEP_DAY =
  script(`if redis.call('HEXISTS', KEYS[1], 'term') == 1 then redis.call('HSET', KEYS[1], 'day', ARGV[1]) end
return 1`);
