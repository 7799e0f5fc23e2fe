-- needs: _wake, _gate, _leases, arguments, sweep/routes, sweep/abandoned, sweep/doorbells
-- Lanes with a group, of which there may be tens of thousands: a round looks at as many as it has doorbells for, and
-- at some of the others in turn.

-- Lanes of all routes that this round brought back.
local brought_back = 0

-- Brings lanes back that a hold of their account, service or route kept out of `wake`, once it is over. Where it
-- wants a probe, one is enough. Answers the ms at which to look again, nil where no lane is held.
local function bring_back(route, service)
  local held_lanes = lane_key(route, 'wake:held')
  if call('EXISTS', held_lanes) == 0 then return nil end
  local held = gate(route, service, 1)
  if held.blocked then return held.at end
  local most = MOST_BROUGHT_BACK - brought_back
  if #held.probes > 0 then
    local due_soon = call('ZCOUNT', lane_key(route, 'wake'), '-inf', num(now + LONGEST_SLEEP_MS))
    if due_soon > 0 then return now + LONGEST_SLEEP_MS end
    most = math.min(most, 1)
  end
  if most < 1 then return now end
  local lanes = call('ZRANGE', held_lanes, 0, most - 1)
  call('ZREM', held_lanes, unpack(lanes))
  for _, lane in ipairs(lanes) do wake_by(lane, now) end
  brought_back = brought_back + #lanes
  return now
end

-- A lane that waits for a thread or a connection keeps its place; only what is not about doorbells is done.
local function look_in_passing(lane)
  local unjudged = find_abandoned(lane)
  local ready = call('EXISTS', lane_key(lane, 'ready')) == 1
                or call('ZCOUNT', lane_key(lane, 'later'), '-inf', now_text) > 0
  if not ready then sleep_unready(lane, unjudged) end
end

local function due_lanes(route, first, most)
  return call('ZRANGEBYSCORE', lane_key(route, 'wake'), '-inf', now_text, 'LIMIT', first, most)
end

-- Looks in turn at lanes that keep their place: one of them may hold what a drain abandoned.
local function look_at_some(route, try)
  local turn = 'turn ' .. route
  local first = tonumber(call('HGET', P .. 'sweep', turn)) or 0
  local lanes = due_lanes(route, first, MOST_IN_PASSING)
  for _, lane in ipairs(lanes) do try(look_in_passing, lane) end
  local next_turn = #lanes == MOST_IN_PASSING and first + MOST_IN_PASSING or 0
  if next_turn ~= first then call('HSET', P .. 'sweep', turn, num(next_turn)) end
end

-- Looks at the due lanes of one route, those due first first, for as long as a worker has a thread left for it and it
-- has a connection left. Answers the ms at which to look again, nil: as often as it is looked at anyway. `try`: looks at one lane, whatever it holds.
local function look_at_route(route, most, try)
  local name = service_of(route)
  local service = service_named(name)
  if not service then return nil end
  if not service.is_served or left_today(name, service.daily_limit) == 0 then
    if not service.is_served then unserved[#unserved + 1] = name end
    look_at_some(route, try)
    return nil
  end
  local free = service.connections - running(route)
  local function is_full() return free <= 0 or quota <= 0 or service.quota <= 0 end
  for _, lane in ipairs(due_lanes(route, 0, most)) do
    if is_full() then break end
    local rung = #rings
    try(look_at, lane)
    free = free - (#rings - rung)
  end
  if not is_full() then return first_score(lane_key(route, 'wake')) end
  look_at_some(route, try)
  return now + FULL_AGAIN_MS
end

-- When the first of a route's lanes is due, and when to look at those that are held; nil where there are none.
local function times_of(route)
  local again = bring_back(route, service_of(route))
  return first_score(lane_key(route, 'wake')), again
end

local function look_at_due(route, most, try)
  tidy_takes(route)
  return look_at_route(route, most, try)
end

-- Answers the ms at which to look at lanes with a group again, nil where none wakes, and the routes that another
-- program spoilt: they keep no other from being looked at.
local function look_at_grouped(try)
  local spoilt_routes = {}
  local due, next_look_at = {}, nil
  local function note_next(at)
    if at and (not next_look_at or at < next_look_at) then next_look_at = at end
  end
  for _, route in ipairs(call('SMEMBERS', P .. 'wake:routes')) do
    local is_read, first, again = pcall(times_of, route)
    note_next(is_read and again)
    if not is_read then
      spoilt_routes[#spoilt_routes + 1] = route
    elseif not first then
      if not again then call('SREM', P .. 'wake:routes', route) end
    elseif first > now then
      note_next(first)
    else
      due[#due + 1] = { route = route, first = first }
    end
  end
  table.sort(due, function(one, other) return one.first < other.first end)
  for _, row in ipairs(due) do
    local is_done, at = pcall(look_at_due, row.route, math.ceil(MOST_LANES / #due), try)
    if not is_done then spoilt_routes[#spoilt_routes + 1] = row.route end
    note_next(is_done and at)
  end
  return next_look_at, spoilt_routes
end
