-- needs: _clock, _counts, _publishing, _ended
-- A message's record: its fields, flags and history, and how it moves from state to state.

-- Where another program put something else, the message goes on without its history, and audit names the key.
local function note(key, event, code, detail)
  local entry = now_text .. '|' .. event .. '|' .. (code or '') .. '|' .. (detail or '')
  redis.pcall('RPUSH', P .. 'h:' .. key, entry)
  redis.pcall('LTRIM', P .. 'h:' .. key, -HISTORY_LENGTH, -1)
end

local function has(flags, flag)
  return flags and string.find(flags, flag, 1, true) ~= nil
end

local function with(flags, flag)
  flags = flags or ''
  if has(flags, flag) then
    return flags
  end
  return flags .. flag
end

local function without(flags, flag)
  return (string.gsub(flags or '', flag, ''))
end

-- What another program wrote may be of another type: then there are no fields, as where there is no record.
local function read_record(key, ...)
  local found = redis.pcall('HMGET', record_of .. key, ...)
  return found.err and {} or found
end

-- Keys are ASCII; one that is not was written by another program, and nobody could answer to it.
local function is_plain(key)
  return not string.find(key, '[\128-\255]')
end

-- Adds one to a field of a record that should hold a number.
local function bump(key, field)
  local done = redis.pcall('HINCRBY', key, field, 1)
  if type(done) == 'table' then call('HSET', key, field, 1) end
end

-- The state to which the event leads from this one; nil where it cannot happen.
local function target(event, from)
  local _, last = string.find(TRANSITIONS, ' ' .. event .. ':' .. (from or '') .. '>', 1, true)
  return last and string.match(TRANSITIONS, '^%S+', last + 1)
end

-- Where retention finds a message that ended: one list for the account. A record that names its lane by name is of
-- form 1, and goes into its lane's own list, which an older program looks through too.
local function ended_list(lane, l)
  return l and string.find(l, '@', 1, true) and lane_key(lane, 'ended') or P .. 'ended'
end

-- The code among fields that are written: that of the receipt `w`, else of the answer; empty where there is none.
local function code_in(fields)
  local code = ''
  for i = 1, #fields, 2 do
    if fields[i] == 'w' then return (string.match(fields[i + 1], '^[^|]*')) end
    if fields[i] == 'c' then code = fields[i + 1] end
  end
  return code
end

-- Moves a message along the table: sets, counts, body, order of ending. `fields` (a flat list) is written
-- into the record in the same HSET. The caller has checked that target() is not nil, and has read the record. `more`:
-- what a receipt says, see _publishing. `ends`: as `read_end` answers, where the caller has read that too. What had ended
-- before keeps the time of its end, and its place in that order.
--
-- What another program may have put where a list or set belongs fails first, before anything is written. What does
-- not fail comes behind it: where a message is taken out of something else than a set, it was not in there.
local function move(lane, key, from, event, score, fields, more, ends)
  local to = target(event, from)
  local set_before, set_after = SET_OF(from), SET_OF(to)
  fields = fields or {}
  fields[#fields + 1] = 's'
  fields[#fields + 1] = to
  if not LIVING(from) or not LIVING(to) then ends = ends or read_end(key) end
  if LIVING(from) and not LIVING(to) then
    score = now
    fields[#fields + 1] = 'e'
    fields[#fields + 1] = now_text
    call('RPUSH', ended_list(lane, ends.l), now_text .. ':' .. key)
  end
  if set_after then call('ZADD', lane_key(lane, set_after), num(score), key) end
  if set_before and set_before ~= set_after then redis.pcall('ZREM', lane_key(lane, set_before), key) end
  -- What was in no set has ended before, and has had neither since.
  if set_before and not set_after then
    call('DEL', body_of .. key)
    call('HDEL', record_of .. key, 'v', 'k', 'q', 'g', 'o', 'x', 'u', 'j', 'r')
  elseif from == 'uncertain' or not LIVING(from) and ends.r then
    -- It was about what was published of the state that is left.
    call('HDEL', record_of .. key, 'r')
  end
  call('HSET', record_of .. key, unpack(fields))
  moved(lane, from, to)
  if not LIVING(from) and count_end(lane, from, ends, -1) then count(lane, 'suppressed', -1) end
  if not LIVING(to) then
    for i = 1, #fields, 2 do ends[fields[i]] = fields[i + 1] end
    if count_end(lane, to, ends, 1) then count(lane, 'suppressed', 1) end
  end
  if not LIVING(to) or to == 'uncertain' then entered(lane, key, to, code_in(fields), more) end
  if to == 'delivered' and string.sub(key, -#FALLBACK_MARK) == FALLBACK_MARK then
    count(lane, REACHED, 1)
    count_of_chain(lane, to, ends, REACHED, 1)
  end
  if ends and ends.b then follow_fallback(lane, key, from, to, ends) end
  return to
end
