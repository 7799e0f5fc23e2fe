-- needs: _clock, _lanes
-- Who works on a route: drains with a lease, and doorbells that travel. Behind the name of each is `/` and the
-- branch for which it works, where there is one.

local function lease_name(name, lane)
  local branch = branch_of(lane)
  return branch and name .. '/' .. branch or name
end

-- Drains and doorbells of the lane's route that have not lapsed; how many of them are this lane's, and how many of
-- those are doorbells.
local function running(lane)
  local drains, branch = lane_key(route_of(lane), 'drains'), branch_of(lane)
  call('ZREMRANGEBYSCORE', drains, '-inf', now_text)
  local members, own, bells = call('ZRANGE', drains, 0, -1), 0, 0
  for _, member in ipairs(members) do
    if branch_of(member) == branch then
      own = own + 1
      if string.sub(member, 1, 5) == 'bell:' then bells = bells + 1 end
    end
  end
  return #members, own, bells
end

-- Whether a lane with a group waits for a connection of the route.
local function group_waits(route)
  local found = call('ZRANGE', lane_key(route, 'wake'), 0, 0, 'WITHSCORES')
  return found[2] and tonumber(found[2]) <= now
end

-- Whether the lane without a group waits for a connection of the route that it does not get, since lanes with a
-- group have all `connections`. Sweep looks at it every moment as long as it waits.
local function ungrouped_waits(route, connections)
  local at = call('ZSCORE', P .. 'wake', route)
  if not at or tonumber(at) > now + FULL_AGAIN_MS then return false end
  local there, own = running(route)
  return own == 0 and there >= connections and call('EXISTS', lane_key(route, 'ready')) == 1
end
