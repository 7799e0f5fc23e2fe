-- needs: _clock, _lanes, _policy, _outlook, audit/lanes, arguments
-- Records: each is compared with the set of its lane and with its body, in one look at all that are named.

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
local homes = {}

local function home_of(l)
  if not homes[l] then
    local is_read, home = pcall(lane_named, l)
    homes[l] = is_read and home or l
  end
  return homes[l]
end

-- The sets of its lane that have it, in words.
local function places(lane, key)
  local found = {}
  for _, part in ipairs(SETS) do
    if type(redis.pcall('ZSCORE', lane_key(lane, part), key)) == 'string' then found[#found + 1] = part end
  end
  return #found > 0 and table.concat(found, ', ') or 'no set'
end

-- What the records ask for, gathered so that one call asks for all: messages that need no body; those that need one,
-- each {key, lane, digest}; and set of a lane -> its messages, each {key, lane, state, time asked for}.
local ended, needing, in_set = {}, {}, {}

local function look_at_record(key)
  local found = redis.pcall('HMGET', record_of .. key, 's', 'l', 'd', 'e', 'q')
  if found.err then return note_break(key, '', 'record type', call('TYPE', record_of .. key).ok) end
  local state, l = found[1], found[2]
  if not state and not l and call('EXISTS', record_of .. key) == 0 then return end
  local lane = l and l ~= '' and home_of(l)
  if not state or not lane or not is_state(state) then return note_break(key, lane, 'not whole') end
  tally(lane, state, found[4])
  if not SET_OF(state) then
    ended[#ended + 1] = key
    return
  end
  needing[#needing + 1] = { key, lane, found[3] }
  local name = lane_key(lane, SET_OF(state))
  in_set[name] = in_set[name] or {}
  table.insert(in_set[name], { key, lane, state, found[5] })
end

local function names_of(start, keys)
  local names = {}
  for i, key in ipairs(keys) do names[i] = start .. (type(key) == 'table' and key[1] or key) end
  return names
end

local function look_for_kept_bodies()
  if #ended == 0 or call('EXISTS', unpack(names_of(body_of, ended))) == 0 then return end
  for _, key in ipairs(ended) do
    if call('EXISTS', body_of .. key) == 1 then
      note_break(key, home_of(call('HGET', record_of .. key, 'l')), 'body kept')
    end
  end
end

local function look_at_needed_bodies()
  if #needing == 0 then return end
  local found = call('MGET', unpack(names_of(body_of, needing)))
  for i, message in ipairs(needing) do
    local key, lane, digest = unpack(message, 1, 3)
    if found[i] and digest then
      -- Redis cannot compute the digest: the caller does.
      bodies[#bodies + 1], bodies[#bodies + 2], bodies[#bodies + 3], bodies[#bodies + 4] = key, lane, digest, found[i]
    elseif not found[i] then
      local kind = call('TYPE', body_of .. key).ok
      note_break(key, lane, kind == 'none' and 'body gone' or 'body type', kind)
    end
  end
end

local function look_at_place(message, at)
  local key, lane, state, asked = unpack(message, 1, 4)
  if not at then
    note_break(key, lane, 'place', state .. ' ' .. places(lane, key))
  elseif state == 'sending' and tonumber(at) > latest_deadline() then
    note_break(key, lane, 'deadline', at)
  elseif state == 'scheduled' and tonumber(at) > latest_due(asked) then
    note_break(key, lane, 'due', at)
  end
end

local function look_at_places()
  for name, messages in pairs(in_set) do
    local scores = redis.pcall('ZMSCORE', name, unpack(names_of('', messages)))
    -- A set of another type is reported by itself.
    for i, message in ipairs(scores.err and {} or messages) do look_at_place(message, scores[i]) end
  end
end

local function look_at_all_that_they_need()
  look_for_kept_bodies()
  look_at_needed_bodies()
  look_at_places()
end
