-- needs: _wake, _lanes, arguments, sweep/leader, sweep/routes
-- Leases of processes that are gone, and takes that nobody asks for again.

-- A process not seen for a while is gone, and so are its leases; else a crash would block its lanes
-- until they lapse.
local function drop_leases_of(gone)
  for route in pairs(all_routes()) do
    local drains = lane_key(route, 'drains')
    -- An error, which has no members, where another program put something else there.
    for _, drain in ipairs(redis.pcall('ZRANGE', drains, 0, -1)) do
      if gone[string.match(drain, '^([^.:]+)%.')] then
        local branch = branch_of(drain)
        call('ZREM', drains, drain)
        wake_by(branch and with_branch(route, branch) or route, now)
      end
    end
  end
end

-- The processes of an older program. Once a newer form is in force something else is in their place.
local has_older = call('TYPE', P .. 'procs').ok == 'zset'

local function older_processes(from, to)
  return has_older and call('ZRANGEBYSCORE', P .. 'procs', from, to) or {}
end

local FIRST_GONE = FIRST_REST + service_count * SERVICE_LENGTH

-- Answers whether it is known which processes are gone. The caller names those that gave no sign of life; those of
-- an older program are found here.
local function drop_leases_of_silent()
  if now - gap <= SILENT_MS then return false end
  local gone, any = {}, gone_count > 0
  local silent_since = num(now - SILENT_MS)
  for _, member in ipairs(older_processes('-inf', silent_since)) do
    gone[string.match(member, '^([^|]*)')] = true
    any = true
  end
  -- A process whose pool was resized is there twice, and its old entry is no longer seen.
  for _, member in ipairs(older_processes('(' .. silent_since, '+inf')) do
    gone[string.match(member, '^([^|]*)')] = nil
  end
  for i = FIRST_GONE, FIRST_GONE + gone_count - 1 do gone[ARGV[i]] = true end
  if any then
    if has_older then call('ZREMRANGEBYSCORE', P .. 'procs', '-inf', silent_since) end
    drop_leases_of(gone)
  end
  return true
end

-- Takes that are remembered for drains long gone.
local function tidy_takes(route)
  local takes = lane_key(route, 'takes')
  if call('HLEN', takes) > MOST_TAKES then
    local all = call('HGETALL', takes)
    for i = 1, #all, 2 do
      local taken_at = tonumber(string.match(all[i + 1], '^%S+ (%d+)')) or 0
      if taken_at < now - TAKES_KEPT_MS then call('HDEL', takes, all[i]) end
    end
  end
end
