-- needs: _wake, _gate, _rate, _line, _waiters, _leases, _policy, _day, arguments, sweep/routes, sweep/leases,
-- needs: sweep/abandoned
-- Doorbells for lanes that are due and can be worked on; the others get the time of their next look.

local services = {}
for i = 0, service_count - 1 do
  local service = read_service(FIRST_REST + i * SERVICE_LENGTH)
  services[service.name] = service
end

-- A service with its policies in force, which are read when a lane of it is first looked at; nil for one that
-- the caller does not know.
local function service_named(name)
  local service = services[name]
  if service and not service.connections then
    local found = call('HMGET', P .. 'policy', 'rate_per_s:' .. name, 'linger_ms:' .. name, 'connections:' .. name,
                       'daily_limit:' .. name)
    service.rate_per_s = number_in(found[1]) or DEFAULT_RATE_PER_S
    service.linger_ms = number_in(found[2]) or DEFAULT_LINGER_MS
    service.connections = number_in(found[3]) or DEFAULT_CONNECTIONS
    service.daily_limit = number_in(found[4]) or DEFAULT_DAILY_LIMIT
    if service.rate_per_s > 0 then tidy_places(name) end
  end
  return service
end

-- When a lane may have its permits, nil for now: until then it stands in line.
local function wait_in_line(spot, state, ready)
  local n = math.min(ready, spot.most_items)
  local wait_ms = line_wait(spot, state, n)
  -- The first is rung for a little early: a doorbell takes its time, and a drain can stay until the permits are there.
  if wait_ms == 0 or wait_ms <= RING_AHEAD_MS and #spot.ahead == 0 then return nil end
  if not spot.place.drain then
    wait_ms = line_sleep(spot, state, wait_ms)
    stand_in_line(spot, state, n, now + wait_ms, nil)
  end
  return now + wait_ms
end

-- When a lane that has something ready can be worked on: nil for now.
local function not_before(lane, service, ready, spot, permits_state)
  if ready < service.most_items and call('ZCOUNT', lane_key(lane, 'later'), '-inf', now_text) == 0 then
    local over = linger_over(lane, service.linger_ms)
    if over then return over end
  end
  return spot and wait_in_line(spot, permits_state, ready)
end

-- How many more drains the lane can use now, and whether others have all connections. Under a rate it is one for
-- each full batch of unused permits, at least one where what it needs is there: requests may take longer than the
-- permits for the next one.
local function missing(lane, service, ready, spot, permits_state)
  local there, own, bells = running(lane)
  -- While lanes with a group wait, the lane without one leaves them a connection.
  local shared = not branch_of(lane) and own > 0 and group_waits(lane) and 1 or 0
  local n = math.min(service.connections - shared - there, math.ceil(ready / service.most_items) - own)
  if spot then
    local batches = math.max(1, math.floor((permits_state.permits - spot.keep) / service.most_items))
    local usable = spot.place.drain and 0 or batches - bells
    n = math.min(n, math.max(usable, own == 0 and 1 or 0))
  end
  return n, own == 0 and there >= service.connections
end

local rings = {}

local function ring(lane)
  local bell = 'bell:' .. process .. '.' .. num(now_us) .. '.' .. num(#rings + 1)
  bell = lease_name(bell, lane)
  call('ZADD', lane_key(route_of(lane), 'drains'), num(now + LONGEST_SLEEP_MS), bell)
  rings[#rings + 1] = { lane, bell }
end

-- Rings for as many drains as the workers have threads left; answers whether that was enough.
local function ring_for(lane, service, lacking)
  local n = math.min(lacking, service.quota, quota)
  for _ = 1, n do ring(lane) end
  service.quota = service.quota - math.max(n, 0)
  quota = quota - math.max(n, 0)
  return n >= lacking
end

-- The wake of a lane in which nothing is ready.
local function sleep_unready(lane, unjudged)
  if unjudged then
    -- What is abandoned and not yet judged would wake this lane in every round.
    wake_at(lane, math.min(first_score(lane_key(lane, 'later')) or math.huge, now + 1000))
  else
    sleep_until(lane, nil)
  end
end

-- Services with something to send that nobody can.
local unserved = {}

local function look_at(lane)
  local name = service_of(lane)
  local service = service_named(name)
  if not service then
    -- This process does not know the service, which a newer producer uses. Look again later.
    wake_at(lane, now + LONGEST_SLEEP_MS)
    return
  end
  local unjudged = find_abandoned(lane)
  local ready = call('ZCARD', lane_key(lane, 'ready')) + call('ZCOUNT', lane_key(lane, 'later'), '-inf', now_text)
  if ready == 0 then
    sleep_unready(lane, unjudged)
    return
  end
  if not service.is_served then
    -- It wakes when the fleet changes; until then nobody would answer a doorbell.
    unserved[#unserved + 1] = name
    wake_at(lane, now + LONGEST_SLEEP_MS)
    return
  end
  local held = gate(lane, name, service.most_items)
  if held.blocked then
    sleep_held(lane, held)
    return
  end
  local left, midnight = left_today(name, service.daily_limit)
  if left == 0 then
    wake_at(lane, math.min(midnight, now + LONGEST_SLEEP_MS))
    return
  end
  local permits = service.rate_per_s > 0 and rate_state(name, service.rate_per_s, service.most_items) or nil
  local spot = permits and find_spot(lane, name, permits, service.most_items)
  local at = not_before(lane, service, ready, spot, permits)
  if at then
    wake_at(lane, math.min(at, now + LONGEST_SLEEP_MS))
    return
  end
  local lacking, crowded_out = missing(lane, service, ready, spot, permits)
  if crowded_out then
    wake_at(lane, now + FULL_AGAIN_MS)
    return
  end
  if #held.probes > 0 then lacking = math.min(lacking, 1) end
  -- Where the workers have enough to do, this lane remains the next in order.
  if ring_for(lane, service, lacking) then wake_at(lane, now + LONGEST_SLEEP_MS) end
end
