-- needs: _clock, _lanes, _policy, _outlook, audit/lanes, arguments
-- Messages one by one: each is compared with the set of its lane, and with its body, in this one look.

local breaks, bodies = {}, {}
-- Lane -> state -> number of records; and lane -> state -> ms of the end -> number, of those that ended since.
local of_lane, lately = {}, {}

local function note_break(key, lane, what, more)
  breaks[#breaks + 1] = { key, lane or '', what, more or '' }
end

local function tally(lane, state, ended)
  local states = of_lane[lane]
  if not states then
    states = {}
    of_lane[lane] = states
  end
  states[state] = (states[state] or 0) + 1
  if ended and (tonumber(ended) or 0) >= since_ms then
    local name = lane .. ' ' .. state .. ' ' .. ended
    lately[name] = (lately[name] or 0) + 1
  end
end

-- lane, state, number and so on.
local function tallies()
  local flat = {}
  for lane, states in pairs(of_lane) do
    for state, n in pairs(states) do
      flat[#flat + 1], flat[#flat + 2], flat[#flat + 3] = lane, state, n
    end
  end
  return flat
end

-- `lane state ms`, number and so on.
local function ended_since()
  local flat = {}
  for name, n in pairs(lately) do
    flat[#flat + 1], flat[#flat + 2] = name, n
  end
  return flat
end

local function is_state(state)
  return LIVING(state) or string.find(TRANSITIONS, ' archive:' .. state .. '>', 1, true) ~= nil
end

-- The lane that a record names; what it holds where nobody knows that, or the index is spoilt.
local function home_of(l)
  local is_read, home = pcall(lane_named, l)
  return is_read and home or l
end

-- The sets of its lane that have it, in words.
local function places(lane, key)
  local found = {}
  for _, part in ipairs(SETS) do
    if type(redis.pcall('ZSCORE', lane_key(lane, part), key)) == 'string' then found[#found + 1] = part end
  end
  return #found > 0 and table.concat(found, ', ') or 'no set'
end

local function look_at_place(key, lane, state, set, asked)
  local at = redis.pcall('ZSCORE', lane_key(lane, set), key)
  if not at then
    note_break(key, lane, 'place', state .. ' ' .. places(lane, key))
  elseif type(at) == 'string' and state == 'sending' and tonumber(at) > latest_deadline() then
    note_break(key, lane, 'deadline', at)
  elseif type(at) == 'string' and state == 'scheduled' and tonumber(at) > latest_due(asked) then
    note_break(key, lane, 'due', at)
  end
end

local function look_at_needed_body(key, lane, digest)
  local body = redis.pcall('GET', body_of .. key)
  if not body then
    note_break(key, lane, 'body gone')
  elseif type(body) == 'table' then
    note_break(key, lane, 'body type', call('TYPE', body_of .. key).ok)
  elseif digest then
    -- Redis cannot compute the digest: the caller does.
    bodies[#bodies + 1], bodies[#bodies + 2], bodies[#bodies + 3], bodies[#bodies + 4] = key, lane, digest, body
  end
end

local function look_at_record(key)
  local found = redis.pcall('HMGET', record_of .. key, 's', 'l', 'd', 'e', 'q')
  if found.err then return note_break(key, '', 'record type', call('TYPE', record_of .. key).ok) end
  local state, l = found[1], found[2]
  if not state and not l and call('EXISTS', record_of .. key) == 0 then return end
  local lane = l and home_of(l)
  if not state or not lane or lane == '' or not is_state(state) then return note_break(key, lane, 'not whole') end
  tally(lane, state, found[4])
  local set = SET_OF(state)
  if not set then
    if call('EXISTS', body_of .. key) == 1 then note_break(key, lane, 'body kept') end
    return
  end
  look_at_needed_body(key, lane, found[3])
  look_at_place(key, lane, state, set, found[5])
end

-- What is in a set and should not be: without a record, or with one that names another place.
local function look_at_member(key)
  if type(redis.pcall('ZSCORE', lane_key(lane, part), key)) ~= 'string' then return end
  local found = redis.pcall('HMGET', record_of .. key, 's', 'l')
  if found.err then return end
  if not found[1] and not found[2] then return note_break(key, lane, 'no record', part) end
  local home = found[2] and home_of(found[2])
  if home and home ~= lane and string.find(home, '@', 1, true) then
    note_break(key, lane, 'elsewhere', part .. ' ' .. home)
  elseif found[1] and is_state(found[1]) and SET_OF(found[1]) ~= part then
    note_break(key, lane, 'place', found[1] .. ' ' .. places(lane, key))
  end
end

local function look_at_body(key)
  if call('EXISTS', record_of .. key) == 0 and call('EXISTS', body_of .. key) == 1 then
    note_break(key, '', 'body alone')
  end
end

local function look_at_history(key)
  if call('EXISTS', record_of .. key) == 0 and call('EXISTS', P .. 'h:' .. key) == 1 then
    note_break(key, '', 'history alone')
  end
end
