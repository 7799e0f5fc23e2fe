-- needs: _clock, _here, arguments; _counts, _record, _lanes, _groups, _wake, _cancel, _reschedule, _fallback
-- when used: _hex, _fates, _fallback_due, _fallback_after, _fallback
-- group: what a person asks for all messages of a group. Touches p{a}:closed; of the lane that is named its later,
-- ready, sending, uncertain, counts and ended; m: b: h: of its messages; and wake. The hot loop never runs it.
-- At most MOST_OF_GROUP messages change in a call: the caller goes on from the place that the answer names.
-- act, and what it is given beside the group:
--   close: JSON in `text`            answers 'closed' and the JSON that holds: of the first who closed it
--   open: nothing                    answers 'opened' or 'kept' (it was open)
--   cancel: lane, `after`            ends what waits, marks what is being sent; `after`: ms of the deadline from
--                                    which on those that are being sent have not been looked at
--   reschedule: lane, at_ms, stage, `after`
--                                    gives another time to those of a range; `after`: how many of it stay

local ready, later, sending = lane_key(lane, 'ready'), lane_key(lane, 'later'), lane_key(lane, 'sending')
local done, wanted, left = 0, 0, {}
local BY_GROUP = 'asked for with its group'

-- Answers how many of a set were looked at.
local function cancel_set(set, state, most)
  if most < 1 then return 0 end
  local keys = call('ZRANGE', set, 0, most - 1)
  for _, key in ipairs(keys) do
    local found = read_record(key, 's', 'f')
    if found[1] ~= state then
      -- Only another program leaves anything else here; audit names it.
      call('ZREM', set, key)
    elseif take_back(lane, key, { s = state, f = found[2] }, BY_GROUP) == 'parked' then
      left[#left + 1] = key
    else
      done = done + 1
    end
  end
  return #keys
end

local function mark(found, step)
  for i = 1, #found, step do
    local record = read_record(found[i], 's', 'f')
    if record[1] == 'sending' and not has(record[2], CANCEL_WANTED) then
      take_back(lane, found[i], { s = 'sending', f = record[2] }, BY_GROUP)
      wanted = wanted + 1
    end
  end
end

-- Marks what is being sent. Answers whether all of it was looked at, and from where to go on.
local function mark_sending(most)
  local found = call('ZRANGEBYSCORE', sending, num(after), '+inf', 'WITHSCORES', 'LIMIT', 0, most)
  mark(found, 2)
  if #found < 2 * most then return true, after end
  -- Those of the same ms come again, and are marked by then. More than one call looks at have it after a clock was
  -- set back.
  local last = tonumber(found[#found])
  if last == tonumber(found[2]) then
    mark(call('ZRANGEBYSCORE', sending, num(last), num(last)), 1)
    last = last + 1
  end
  return false, last
end

local function cancel()
  local looked_at = cancel_set(ready, 'waiting', MOST_OF_GROUP)
  looked_at = looked_at + cancel_set(later, 'scheduled', MOST_OF_GROUP - looked_at)
  local is_whole, from = false, after
  if looked_at < MOST_OF_GROUP then is_whole, from = mark_sending(MOST_OF_GROUP) end
  write_counts()
  -- Whole only where this very call has seen everything: what it has not seen may come back unsent meanwhile.
  local status = is_whole and (after == 0 and 'all' or 'end') or 'more'
  return answer_of({ status = status, done = num(done), wanted = num(wanted), after = num(from), left = left })
end

local RANGES = {
  ready = { ready, '-inf', '+inf' },
  before = { later, '-inf', '(' .. num(at_ms) },
  behind = { later, '(' .. num(at_ms), '+inf' },
  scheduled = { later, '-inf', '+inf' },
}

local function reschedule()
  local set, from, to = unpack(RANGES[stage])
  local keys = call('ZRANGEBYSCORE', set, from, to, 'LIMIT', num(after), MOST_OF_GROUP)
  for _, key in ipairs(keys) do
    local outcome = reschedule_one(lane, key, to_reschedule(key), at_ms, done)
    if outcome == 'rescheduled' then
      done = done + 1
    else
      after = after + 1
      if outcome ~= 'kept' then
        left[#left + 1] = key
        left[#left + 1] = outcome
      end
    end
  end
  write_counts()
  if done > 0 then wake_by(lane, math.max(at_ms, now)) end
  local status = #keys < MOST_OF_GROUP and 'end' or 'more'
  return answer_of({ status = status, done = num(done), after = num(after), left = left })
end

if act == 'close' then
  call('HSETNX', P .. 'closed', group, text)
  return answer_of({ status = 'closed', text = call('HGET', P .. 'closed', group) })
end
if act == 'open' then
  local closing = call('HGET', P .. 'closed', group)
  if not closing then return answer_of({ status = 'kept' }) end
  -- What was accepted before the cancel may have a fallback still, which is not to be sent any more.
  if #lanes_of_group(group) > 0 then call('HSET', P .. 'cancelled', group, now_text) end
  call('HDEL', P .. 'closed', group)
  return answer_of({ status = 'opened' })
end
if not is_here then return { 'moved' } end
if act == 'cancel' then return cancel() end
return reschedule()
