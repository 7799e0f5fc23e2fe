"""Time that passes without waiting: every time an account keeps in Redis is moved into the past.

The scripts know one clock, Redis's own. Moving all that is stored back by an hour is to them the same as
an hour gone by; moving it forward is the same as a clock that was set back.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from plexsend.outbox.redis.store import Store

_SHIFT = """
local P, ms, records, ends = KEYS[1], tonumber(ARGV[1]), ARGV[2] == '1', ARGV[3] == '1'
local call = redis.call

local function less(text, by)
  return string.format('%.0f', tonumber(text) - by)
end

local function shift_scores(key, by)
  local all = call('ZRANGE', key, 0, -1, 'WITHSCORES')
  for i = 1, #all, 2 do call('ZADD', key, less(all[i + 1], by), all[i]) end
end

local function shift_fields(key, fields, by)
  local shifted = {}
  for i, value in ipairs(call('HMGET', key, unpack(fields))) do
    if value and tonumber(value) > 0 then
      shifted[#shifted + 1] = fields[i]
      shifted[#shifted + 1] = less(value, by)
    end
  end
  if #shifted > 0 then call('HSET', key, unpack(shifted)) end
end

local function shift_holds(key)
  local all = call('HGETALL', key)
  for i = 1, #all, 2 do
    local hold = cjson.decode(all[i + 1])
    for _, name in ipairs({ 'since', 'until', 'probe_until' }) do
      if hold[name] and hold[name] > 0 then hold[name] = hold[name] - ms end
    end
    call('HSET', key, all[i], cjson.encode(hold))
  end
end

local function shift_closings(key)
  local all = call('HGETALL', key)
  for i = 1, #all, 2 do
    local read, closing = pcall(cjson.decode, all[i + 1])
    if read and type(closing) == 'table' and type(closing.since) == 'number' then
      closing.since, closing.asked = closing.since - ms, closing.asked and closing.asked - ms
      call('HSET', key, all[i], cjson.encode(closing))
    end
  end
end

local function shift_takes(key)
  local all = call('HGETALL', key)
  for i = 1, #all, 2 do
    local before, at, behind = string.match(all[i + 1], '^(%S+) (%d+)(.*)$')
    call('HSET', key, all[i], before .. ' ' .. less(at, ms) .. behind)
  end
end

local function shift_places(key)
  local all = call('HGETALL', key)
  for i = 1, #all, 2 do
    local before, at, behind = string.match(all[i + 1], '^(%d+ %d+ )(%d+)(.*)$')
    if all[i] ~= '*' and tonumber(at) > 0 then
      call('HSET', key, all[i], before .. less(at, ms) .. behind)
    end
  end
end

local function shift_receipt(key)
  local w = call('HGET', key, 'w')
  local said, came = string.match(w or '', '^(.*|)(%d+)$')
  if said then call('HSET', key, 'w', said .. less(came, ms)) end
end

local function shift_entries(key)
  for i, entry in ipairs(call('LRANGE', key, 0, -1)) do
    local at, rest = string.match(entry, '^(%d+)(.*)$')
    call('LSET', key, i - 1, less(at, ms) .. rest)
  end
end

if records then
  for _, key in ipairs(call('KEYS', P .. 'm:*')) do
    shift_fields(key, { 't', 'g', 'e', 'q', 'z', 'u', 'r' }, ms)
    shift_receipt(key)
    shift_fields(key, { 'p' }, ms * 1000)
  end
  for _, key in ipairs(call('KEYS', P .. 'h:*')) do shift_entries(key) end
end
-- What messages have of their own is left out by the server: there are thousands of these keys.
local others = call('KEYS', P .. '[^mbh]*')
for _, key in ipairs(call('KEYS', P .. '[mbh][^:]*')) do others[#others + 1] = key end
for _, key in ipairs(others) do
  local name = string.sub(key, #P + 1)
  if string.find(name, ':rate$') then
    call('SET', key, less(call('GET', key), ms * 1000), 'KEEPTTL')
  elseif string.find(name, ':day$') then
    local ends, taken, begun = string.match(call('GET', key), '^(%d+) (%d+) (%d+)$')
    call('SET', key, less(ends, ms) .. ' ' .. taken .. ' ' .. less(begun, ms), 'KEEPTTL')
  elseif string.find(name, ':fair$') then
    shift_places(key)
  elseif string.find(name, ':line$') or string.find(name, ':line:groups$') then
    -- What lanes have had, which is not a time.
  elseif name == 'urls' or name == 'refused' then
    -- Nothing depends on their times.
  elseif name == 'holds' then
    shift_holds(key)
  elseif name == 'eased' or name == 'cancelled' then
    shift_fields(key, call('HKEYS', key), ms)
  elseif name == 'sweep' then
    shift_fields(key, { 'until', 'last', 'quiet', 'gap', 'before', 'walk', 'unheard' }, ms)
  elseif name == 'receipts' then
    shift_fields(key, { 'first', 'last' }, ms)
  elseif name == 'forgotten' then
    shift_fields(key, { 'from', 'to', 'decided', 'unheard', 'takes_until' }, ms)
  elseif name == 'closed' then
    shift_closings(key)
  elseif string.find(name, ':takes$') then
    shift_takes(key)
  elseif string.find(name, 'ended$') then
    if ends then shift_entries(key) end
  elseif string.find(name, ':ready$') then
    if records then shift_scores(key, ms * 1000) end
  elseif not string.find(name, ':counts$') and name ~= 'lanes' and name ~= 'routes' and name ~= 'here'
      and call('TYPE', key).ok == 'zset' then
    shift_scores(key, ms)
  end
end
"""


def let_pass(store: Store, account: str, ms: int, *, records: bool = True, ends: bool | None = None) -> None:
    """Let `ms` pass for an account (a clock set back: below 0).

    Without `records` the times of single messages stay, which spares a test with thousands the work. `ends`:
    the list of those that ended, which retention goes by; None: as `records`.
    """
    store.client.eval(
        _SHIFT, 1, store.keys.account(account), ms, int(records), int(records if ends is None else ends)
    )
