-- What all scripts share: the clock, numbers, records, counts, history. Stands in front of each of them,
-- behind TRANSITIONS and SET_OF, which scripts.py writes from states.py.
-- KEYS[1] is what every key of the account begins with, such as `plexsend:{main}:`.

local P = KEYS[1]
local call = redis.call
local clock = call('TIME')
local now_us = tonumber(clock[1]) * 1000000 + tonumber(clock[2])
local now = math.floor(now_us / 1000)

-- tostring() keeps 14 digits, which is too few for microseconds.
local function num(value)
  return string.format('%.0f', value)
end

local function lane_key(lane, part)
  return P .. lane .. ':' .. part
end

local function add_to(t, key, n)
  t[key] = (t[key] or 0) + n
end

-- Counts are gathered and written once for each field, at the end of a script.
local pending = {}

local function count(lane, field, n)
  pending[lane] = pending[lane] or {}
  add_to(pending[lane], field, n)
end

local function write_counts()
  for lane, fields in pairs(pending) do
    for field, n in pairs(fields) do
      if n ~= 0 then
        -- A count that another program spoilt stays as it is, and audit says so: it must not undo what was written.
        redis.pcall('HINCRBY', lane_key(lane, 'counts'), field, num(n))
      end
    end
  end
  pending = {}
end

local HISTORY_LENGTH = 50

local function note(key, event, code, detail)
  local entry = num(now) .. '|' .. event .. '|' .. (code or '') .. '|' .. (detail or '')
  call('RPUSH', P .. 'h:' .. key, entry)
  call('LTRIM', P .. 'h:' .. key, -HISTORY_LENGTH, -1)
end

local function has(flags, letter)
  return flags and string.find(flags, letter, 1, true) ~= nil
end

local function with(flags, letter)
  flags = flags or ''
  if has(flags, letter) then
    return flags
  end
  return flags .. letter
end

-- What another program wrote may be of another type: then there are no fields, as where there is no record.
local function read_record(key, ...)
  local found = redis.pcall('HMGET', P .. 'm:' .. key, ...)
  return found.err and {} or found
end

-- Keys are ASCII; one that is not was written by another program, and nobody could answer to it.
local function is_plain(key)
  return not string.find(key, '[\128-\255]')
end

-- One more in a field that should hold a number.
local function bump(key, field)
  local done = redis.pcall('HINCRBY', key, field, 1)
  if type(done) == 'table' then call('HSET', key, field, 1) end
end

-- Where the event leads from this state; nil where it cannot happen.
local function target(event, from)
  return TRANSITIONS[event][from]
end

-- Moves a message along the table: sets, counts, body, order of ending. `fields` (a flat list) is written
-- into the record in the same HSET. The caller has checked that target() is not nil.
local function move(lane, key, from, event, score, fields)
  local to = TRANSITIONS[event][from]
  fields = fields or {}
  fields[#fields + 1] = 's'
  fields[#fields + 1] = to
  if SET_OF[from] then
    call('ZREM', lane_key(lane, SET_OF[from]), key)
  end
  count(lane, 's:' .. from, -1)
  count(lane, 's:' .. to, 1)
  if LIVING[to] then
    call('ZADD', lane_key(lane, SET_OF[to]), num(score), key)
  else
    if SET_OF[to] then
      call('ZADD', lane_key(lane, SET_OF[to]), num(now), key)
    else
      call('DEL', P .. 'b:' .. key)
      call('HDEL', P .. 'm:' .. key, 'v', 'k', 'q', 'g', 'o', 'x', 'u')
    end
    fields[#fields + 1] = 'e'
    fields[#fields + 1] = num(now)
    call('RPUSH', lane_key(lane, 'ended'), num(now) .. ':' .. key)
  end
  call('HSET', P .. 'm:' .. key, unpack(fields))
  return to
end

-- Takes an ended record away for good; only its state stays, counted.
local function forget(lane, key, state)
  count(lane, 's:' .. state, -1)
  count(lane, 'a:' .. state, 1)
  if SET_OF[state] then
    call('ZREM', lane_key(lane, SET_OF[state]), key)
  end
  call('DEL', P .. 'm:' .. key, P .. 'b:' .. key, P .. 'h:' .. key)
end

local function first_score(key)
  local found = call('ZRANGE', key, 0, 0, 'WITHSCORES')
  return found[2] and tonumber(found[2])
end

-- Tells who sweeps, where a lane wakes before the next look. `next_look`: ms, read when first asked for.
local next_look

local function nudge(at)
  next_look = next_look or tonumber(call('HGET', P .. 'sweep', 'next')) or 0
  if at < next_look then
    -- A login without rights to channels only hears later: the script must not break off for it.
    redis.pcall('PUBLISH', P .. 'nudge', '')
    next_look = 0
  end
end

local function wake_at(lane, at)
  call('ZADD', P .. 'wake', num(at), lane)
  nudge(at)
end

local function wake_by(lane, at)
  call('ZADD', P .. 'wake', 'LT', num(at), lane)
  nudge(at)
end

local function wake_all()
  for _, lane in ipairs(call('ZRANGE', P .. 'wake', 0, -1)) do
    wake_by(lane, now)
  end
end
