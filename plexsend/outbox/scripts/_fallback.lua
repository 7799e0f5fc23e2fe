-- needs: _clock, _hex, _lanes, _counts, _record, _receipt, _policy, _stats_by_day, _wake,
-- needs: _fallback_due, _fallback_after
-- The fallback of a message: another one, kept beside it until it is made, which happens at most once, or dropped.
--
-- `f:<key>` is `<identity> <ms> <lane> <stamp> <digest> <receiver>` (see fallbacks.py), a line end, and the body as it goes on
-- the wire. Its first's record says in `b` what became of it: `kept`, `kept <ms>` where it is made also if no receipt came so
-- long after the acceptance, or `made`; it has no `b` where it was dropped. A fallback that was called back has one of its
-- own: `back`.

local fallbacks_made = 0

local function kept_of(key)
  return P .. 'f:' .. key
end

-- nil where it is gone, or another program put something else there.
local function read_fallback(key)
  local text = redis.pcall('GET', kept_of(key))
  if type(text) ~= 'string' then return nil end
  local lane, stamp, digest, receiver, body = string.match(text, '^%x+ %d+ (%S+) (%S*) (%x+) (%x*)\n(.+)$')
  return lane and { lane = lane, stamp = stamp, digest = from_hex(digest), receiver = from_hex(receiver), body = body }
end

local function drop_fallback(key)
  call('DEL', kept_of(key))
  call('HDEL', record_of .. key, 'b')
end

-- Also where it was asked for a message that is being sent, was accepted or is parked: who takes it back wants nothing
-- sent in its place. Answers whether there was one.
local function drop_fallback_by_cancel(key)
  if call('DEL', kept_of(key)) == 0 then return false end
  call('HDEL', record_of .. key, 'b')
  note(key, 'no_fallback', '', 'its fallback was dropped: the message was cancelled')
  return true
end

-- Whether a receipt with this code, which says undelivered, is among the codes of the policy, itself or by its class.
local function is_listed(lane, code)
  local class = string.match(RCS_CLASSES, ' ' .. code .. '=(%S+)') or OTHER_RCS_CLASS
  local listed = ',' .. policy('fallback_codes', service_of(lane)) .. ','
  return string.find(listed, ',' .. code .. ',', 1, true) ~= nil or string.find(listed, ',' .. class .. ',', 1, true) ~= nil
end

-- Whether what ended a message says that it will reach nobody. A key that the gateway knew, and a code that nobody
-- knows, do not.
local function is_cause(lane, state, ends)
  if state == 'rejected' then return not is_known_key(ends.c or '') end
  if state == 'failed' then return string.find(UNSENT_CODES, ' ' .. (ends.c or '') .. ' ', 1, true) ~= nil end
  return state == 'undelivered' and is_listed(lane, string.match(ends.w or '', '^[^|]*'))
end

-- Whether the group was cancelled while its first was there, also where it was opened since.
local function was_cancelled_with_group(lane, first)
  local group = group_of(lane)
  if not group then return false end
  if call('HEXISTS', P .. 'closed', group) == 1 then return true end
  local cancelled = number_in(call('HGET', P .. 'cancelled', group))
  return cancelled and (number_in(first.t) or (number_in(first.p) or 0) / 1000) < cancelled
end

-- Why it cannot be made any more; nil where it can.
local function why_not(key, first, fallback)
  if not fallback then return 'it is gone' end
  if number_in(first.z) and number_in(first.z) <= now then return 'it had expired' end
  if was_cancelled_with_group(fallback.lane, first) then return 'its group was cancelled' end
  if call('EXISTS', record_of .. key .. FALLBACK_MARK) == 1 then return 'another message has its key' end
  return nil
end

-- As submit does it. What another program may have put where its set belongs fails before anything is written.
local function write_fallback(key, fallback, first)
  local its_key, ready = key .. FALLBACK_MARK, lane_key(fallback.lane, 'ready')
  call('ZCARD', ready)
  local state, number = target('submit_now', NOWHERE), number_of(fallback.lane)
  local position = num(now_us + fallbacks_made)
  local fields = { 's', state, 'l', number, 'd', fallback.digest, 'v', fallback.stamp, 'p', position }
  if first.z then fields[#fields + 1], fields[#fields + 2] = 'z', first.z end
  if fallback.receiver ~= '' then fields[#fields + 1], fields[#fields + 2] = 'i', fallback.receiver end
  call('SET', body_of .. its_key, fallback.body)
  call('HSET', record_of .. its_key, unpack(fields))
  call('ZADD', ready, position, its_key)
  fallbacks_made = fallbacks_made + 1
  moved(fallback.lane, NOWHERE, state)
  count(fallback.lane, 'submitted', 1)
  count_by_day(now, fallback.lane .. '|submitted', 1)
  wake_by(fallback.lane, now)
end

-- `state`, `ends`: of the first, see decide_fallback. `why`: in words, for its history.
local function make_fallback(lane, key, state, ends, why)
  local found = read_record(key, 'z', 't', 'p')
  local first, fallback = { z = found[1] or nil, t = found[2], p = found[3] }, read_fallback(key)
  local hindrance = why_not(key, first, fallback)
  if hindrance then
    drop_fallback(key)
    note(key, 'no_fallback', '', 'its fallback was not sent: ' .. hindrance)
    return
  end
  write_fallback(key, fallback, first)
  call('HSET', record_of .. key, 'b', FALLBACK_MADE)
  call('DEL', kept_of(key))
  count(lane, 'fallbacks', 1)
  count(lane, 'b:' .. state, 1)
  count_of_chain(lane, state, ends, JOINED .. state, 1)
  note(key, 'fallback', '', why)
end

-- Where another program spoilt a key that this needs. What was written of its first stays.
local function decide_later(key)
  redis.pcall('ZADD', P .. 'overdue', num(now + LONGEST_SLEEP_MS), key)
end

-- `state`: that its first has now. `ends`: as read_end answers, with what was written since.
local function decide_fallback(lane, key, state, ends)
  if LIVING(state) then return end
  if is_cause(lane, state, ends) then
    make_fallback(lane, key, state, ends, 'its fallback goes, for it is ' .. state)
  elseif state == 'delivered' or state == 'undelivered' or state == 'expired' or state == 'cancelled' then
    drop_fallback(key)
  elseif state == 'accepted' and made_after(ends.b) then
    call('ZADD', P .. 'overdue', num(now + made_after(ends.b)), key)
  end
end

-- `from` and `to`: states of a message whose record has a `b`. `ends`: as read_end answers, with what was written since.
local function follow_fallback(lane, key, from, to, ends)
  if is_joined(ends.b) then return follow_joined(lane, key, from, to, ends) end
  if not pcall(decide_fallback, lane, key, to, ends) then decide_later(key) end
end
