-- needs: _clock, _lanes
-- Who works on a route: drains with a lease, and doorbells that travel. Behind the name of each is `/` and the
-- group for which it works, where there is one.

local function lease_name(name, lane)
  local group = group_of(lane)
  return group and name .. '/' .. group or name
end

-- Drains and doorbells of the lane's route that have not lapsed, how many of them are doorbells, and how many
-- are this lane's.
local function running(lane)
  local drains, group = lane_key(route_of(lane), 'drains'), group_of(lane)
  call('ZREMRANGEBYSCORE', drains, '-inf', now_text)
  local members, bells, own = call('ZRANGE', drains, 0, -1), 0, 0
  for _, member in ipairs(members) do
    if string.sub(member, 1, 5) == 'bell:' then bells = bells + 1 end
    if group_of(member) == group then own = own + 1 end
  end
  return #members, bells, own
end
