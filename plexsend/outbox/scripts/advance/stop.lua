-- needs: _gate, _wake, _leases, arguments, advance/names, advance/policies, advance/leases
-- Mode `stop`: a slice ends. The lease goes back, and what could be taken now gets one doorbell.

local function stopped(next_bell)
  return answer_of({ status = 'stopped', bell = next_bell })
end

-- Whether a drain that ends leaves a doorbell in its place. Without a rate each drain that ends hands its place on,
-- or a lane whose drains end close together would be left with fewer. Under one a doorbell at a time is enough:
-- more would only wait for permits.
local function wants_bell(n, others, own, bells)
  if others >= connections then return false end
  if rate_per_s == 0 then return own < math.ceil(n / most_items) end
  return bells == 0
end

-- Whether another lane of the route waits for the connection that becomes free.
local function another_waits()
  return group_waits(route) or lane ~= route and ungrouped_waits(route, connections - 1)
end

-- `last`: the drain's entry of `takes`.
local function stop(last)
  if last and sequence < (tonumber(string.match(last, '^(%d+)')) or 0) then
    -- An old call that comes late: the drain has gone on since.
    return stopped()
  end
  local next_bell = lease_name('bell:' .. token, lane)
  if call('ZSCORE', drains, next_bell) then
    -- The reply to this very call was lost.
    return stopped(next_bell)
  end
  if bell ~= '' then call('ZREM', drains, bell) end
  give_lease_back()
  local held = gate(lane, service, most_items)
  local n = call('ZCARD', ready)
  if n == 0 then
    sleep_until(lane, nil)
    return stopped()
  end
  if held.blocked then
    sleep_held(lane, held)
    return stopped()
  end
  if another_waits() then
    wake_at(lane, lane == route and now + FULL_AGAIN_MS or now)
    nudge(now)
    return stopped()
  end
  local others, own, bells = running(lane)
  if yields and bells == 0 and others < connections then
    -- Then housekeeping gives out the doorbells: lanes that have one would pass it on among themselves for as
    -- long as they have work, and the others would wait for ever.
    wake_by(lane, now)
    return stopped()
  end
  if not wants_bell(n, others, own, bells) then
    wake_by(lane, now + LONGEST_SLEEP_MS)
    return stopped()
  end
  call('ZADD', drains, num(now + LONGEST_SLEEP_MS), next_bell)
  wake_at(lane, now + LONGEST_SLEEP_MS)
  return stopped(next_bell)
end
