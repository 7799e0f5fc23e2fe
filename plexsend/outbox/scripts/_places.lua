-- needs: _clock, _lanes, _waiters
-- The places in the line before a service's rate, as they are kept; what they mean is in _line.
--
-- `<service>:fair` has `*` -> `<ungrouped> <groups> <now of classes> <now of ungrouped> <now of groups>`, and
-- lane -> `<tag> <need> <gives up ms> <drain that waits with its lease kept>`. A lane with a time to give up is in
-- the `line` of its class, under its tag.

local LINES = { ':line', ':line:groups' }
-- What a message costs its class, ungrouped or of a group: while both have work, the first gets nine permits of ten.
local COST_OF_CLASS = { 1, 9 }
-- How long after the time promised to it a lane keeps its place: its drain may have died.
local PLACE_LAPSES_MS = 1000
-- Places at the head of a line that one call looks at.
local MOST_LOOKED_AT = 3
-- Places of a service that are remembered before old ones are looked for, and how many one sweep looks at then.
local MOST_PLACES, MOST_PLACES_TIDIED = 64, 10

local function class_of(lane)
  return branch_of(lane) and 2 or 1
end

-- What another program spoilt counts as nothing.
local function read_times(text)
  local one, two, top, now_one, now_two = string.match(text or '', '^(%d+) (%d+) (%d+) (%d+) (%d+)$')
  return { tonumber(one) or 0, tonumber(two) or 0 }, tonumber(top) or 0, { tonumber(now_one) or 0, tonumber(now_two) or 0 }
end

local function times_text(times, top, nows)
  return string.format('%.0f %.0f %.0f %.0f %.0f', times[1], times[2], top, nows[1], nows[2])
end

-- A place counts until its time. One that is further ahead than any that is given comes from before the clock was
-- set back.
local function read_place(text, longest_ms)
  local tag, need, gives_up, drain = string.match(text or '', '^(%d+) (%d+) (%d+) ?(%S*)$')
  gives_up = tonumber(gives_up) or 0
  local waits = gives_up > now and gives_up <= now + longest_ms
  return { tag = tonumber(tag) or 0, need = waits and tonumber(need) or 0, gives_up = gives_up, waits = waits,
           drain = waits and drain ~= '' and drain or nil }
end

local function place_text(tag, need, gives_up, drain)
  return string.format('%.0f %.0f %.0f %s', tag, need, gives_up, drain or '')
end

local function longest_place(state)
  return state.tolerance / 1000 + LONGEST_SLEEP_MS + PLACE_LAPSES_MS
end

-- The first of a class, without those whose time has passed: they leave the line here. `lane` and `own`: whose
-- place is known already, and which.
local function front_of(service, class, state, lane, own)
  local line = P .. service .. LINES[class]
  local found, front = call('ZRANGE', line, 0, MOST_LOOKED_AT - 1, 'WITHSCORES'), {}
  if #found == 0 then return front end
  -- A lane alone in its line is what a service has most of the time.
  if found[1] == lane and #found == 2 and own.waits then
    front[1] = { lane = lane, tag = tonumber(found[2]), place = own }
    return front
  end
  local names = {}
  for i = 1, #found, 2 do names[#names + 1] = found[i] end
  local places = call('HMGET', fair_key(service), unpack(names))
  for i, name in ipairs(names) do
    local place = read_place(places[i], longest_place(state))
    if place.waits then
      front[#front + 1] = { lane = name, tag = tonumber(found[2 * i]), place = place }
    else
      call('ZREM', line, name)
    end
  end
  return front
end

local function leave_line(lane, service)
  call('ZREM', P .. service .. LINES[class_of(lane)], lane)
end

-- A lane that has ended.
local function forget_place(lane, service)
  leave_line(lane, service)
  call('HDEL', fair_key(service), lane)
end

-- `times`: what the classes have had, where that changes. What a lane leaves behind lapses by itself; while no
-- lane ever waits, that may be forgotten in between.
local function write_place(spot, state, times, tag, need, gives_up, drain)
  local fair, line = fair_key(spot.service), P .. spot.service .. LINES[spot.class]
  local text = place_text(tag, need, gives_up, drain)
  if times then
    call('HSET', fair, '*', times, spot.lane, text)
  else
    call('HSET', fair, spot.lane, text)
  end
  if gives_up > 0 then
    call('ZADD', line, num(tag), spot.lane)
    if need > 0 or #spot.fronts[spot.class] == 0 then
      call('PEXPIRE', line, num(state.tolerance / 1000 + RATE_KEPT_MS))
    end
  elseif spot.place.waits then
    call('ZREM', line, spot.lane)
  end
  if need > 0 or spot.is_new then call('PEXPIRE', fair, num(state.tolerance / 1000 + RATE_KEPT_MS)) end
end

-- Lanes come and go. What the others have caught up with says nothing any more: a few of them leave at each call.
local function tidy_places(service)
  local fair = fair_key(service)
  if call('HLEN', fair) <= MOST_PLACES then return end
  local _, _, nows = read_times(call('HGET', fair, '*'))
  local found = call('HRANDFIELD', fair, MOST_PLACES_TIDIED, 'WITHVALUES')
  for i = 1, #found, 2 do
    local tag, gives_up = string.match(found[i + 1], '^(%d+) %d+ (%d+) ?%S*$')
    local lapsed = tag and tonumber(gives_up) <= now and tonumber(tag) <= nows[class_of(found[i])]
    if found[i] ~= '*' and lapsed then call('HDEL', fair, found[i]) end
  end
end
