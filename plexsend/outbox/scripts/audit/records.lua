-- needs: _clock, _lanes, _policy, _outlook, audit/lanes, audit/fields, audit/fates, arguments
-- Records: each is compared with the set of its lane, in one look at all that are named; what waits for its body is
-- answered with its digest.

local breaks = {}
-- Lane -> state -> its records: how many, and where the state has a set, their keys and times asked for.
local of_lane = {}
-- `lane state ms ms` of the end and of the last change -> number, of those that ended or changed since.
local lately = {}
-- Keys of messages that need no body; of each that needs one its place among the keys, and its digest or ''.
local ended, needing = {}, {}

local function note_break(key, lane, what, more)
  breaks[#breaks + 1] = { key, lane or '', what, more or '' }
end

local function is_state(state)
  return LIVING(state) or string.find(TRANSITIONS, ' archive:' .. state .. '>', 1, true) ~= nil
end

-- nil where nobody knows the state. Words are looked for once a call, not once a record.
local function records_of(lane, state)
  local states = of_lane[lane]
  if not states then
    states = {}
    of_lane[lane] = states
  end
  if not states[state] and is_state(state) then
    states[state] = { number = 0, set = SET_OF(state), keys = {}, asked = {} }
  end
  return states[state]
end

-- lane, state, number and so on.
local function tallies()
  local flat = {}
  for lane, states in pairs(of_lane) do
    for state, its in pairs(states) do
      flat[#flat + 1], flat[#flat + 2], flat[#flat + 3] = lane, state, its.number
    end
  end
  return flat
end

-- `lane state ms ms`, number and so on.
local function ended_since()
  local flat = {}
  for name, n in pairs(lately) do
    flat[#flat + 1], flat[#flat + 2] = name, n
  end
  return flat
end

-- ms at which a receipt, or that none came, gave it the state that it has; that of its end where neither did.
local function last_change(at, w, r)
  local changed = tonumber(w and string.match(w, '|(%d+)$') or r or nil) or 0
  return math.max(changed, tonumber(at) or 0)
end

local function note_end(key, lane, state, at, w, r, c, b)
  local changed = last_change(at, w, r)
  local is_reached = state == 'delivered' and string.sub(key, -#FALLBACK_MARK) == FALLBACK_MARK
  note_field(lane, state, at, changed, c, w, is_reached and REACHED or is_joined(b) and JOINED .. state)
  if changed >= since_ms then
    local name = lane .. ' ' .. state .. ' ' .. at .. ' ' .. string.format('%.0f', changed)
    lately[name] = (lately[name] or 0) + 1
  end
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

local function look_at_record(key, place)
  local found = redis.pcall('HMGET', record_of .. key, 's', 'l', 'd', 'e', 'q', 'w', 'r', 'c', 'b')
  if found.err then return note_break(key, '', 'record type', call('TYPE', record_of .. key).ok) end
  local state, l = found[1], found[2]
  if not state and not l and call('EXISTS', record_of .. key) == 0 then return end
  local lane = l and l ~= '' and home_of(l)
  local its = state and lane and records_of(lane, state)
  if not its then return note_break(key, lane, 'not whole') end
  its.number = its.number + 1
  if found[4] then note_end(key, lane, state, found[4], found[6], found[7], found[8], found[9]) end
  if found[9] and not is_joined(found[9]) and call('EXISTS', P .. 'f:' .. key) == 0 then
    note_break(key, lane, 'fallback gone')
  end
  local fate = may_have_hours(lane) and fate_beside(lane, key, state, found[8], found[9])
  if fate then note_break(key, lane, 'fate', fate) end
  if not its.set then
    ended[#ended + 1] = key
    return
  end
  its.keys[#its.keys + 1], its.asked[#its.asked + 1] = key, found[5]
  needing[#needing + 1] = place
  needing[#needing + 1] = found[3] or ''
end

local function bodies_of(keys)
  local names = {}
  for i, key in ipairs(keys) do names[i] = body_of .. key end
  return names
end

local function lane_of(key)
  return home_of(call('HGET', record_of .. key, 'l'))
end

local function look_for_kept_bodies()
  if #ended == 0 or call('EXISTS', unpack(bodies_of(ended))) == 0 then return end
  for _, key in ipairs(ended) do
    if call('EXISTS', body_of .. key) == 1 then note_break(key, lane_of(key), 'body kept') end
  end
end

local function look_at_place(key, lane, state, asked, at)
  if not at then
    note_break(key, lane, 'place', state .. ' ' .. places(lane, key))
  elseif state == 'sending' and tonumber(at) > latest_deadline() then
    note_break(key, lane, 'deadline', at)
  elseif state == 'scheduled' and tonumber(at) > latest_due(asked) then
    note_break(key, lane, 'due', at)
  end
end

local function look_at_places(lane, state, its)
  local scores = redis.pcall('ZMSCORE', lane_key(lane, its.set), unpack(its.keys))
  -- A set of another type is reported by itself.
  if scores.err then return end
  for i, key in ipairs(its.keys) do look_at_place(key, lane, state, its.asked[i], scores[i]) end
end

local function look_at_all_that_they_need()
  look_for_kept_bodies()
  for lane, states in pairs(of_lane) do
    for state, its in pairs(states) do
      if its.set then look_at_places(lane, state, its) end
    end
  end
end
