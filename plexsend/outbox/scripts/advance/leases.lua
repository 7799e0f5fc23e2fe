-- needs: _leases, _waiters, arguments, advance/names, advance/policies
-- The lease of the drain that calls.

local lease = lease_name(drain, lane)

local function hold_lease()
  if not call('ZSCORE', drains, lease) and running(lane) >= connections then
    return false
  end
  call('ZADD', drains, num(now + LEASE_MS), lease)
  return true
end

local function give_lease_back()
  call('ZREM', drains, lease)
  call('HDEL', takes, drain)
  if rate_per_s > 0 then stop_waiting(lane, service, drain) end
end
