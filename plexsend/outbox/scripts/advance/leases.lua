-- needs: _leases, _rate, _line, arguments, advance/names, advance/policies
-- The lease of the drain that calls, and the permits that it is charged for.

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

local function charge(state, n)
  local tat = state.tat + n * state.each
  -- Rounded up: a fraction given away at each batch would add up.
  call('SET', P .. service .. ':rate', num(math.ceil(tat)), 'PX', num((tat - now_us) / 1000 + RATE_KEPT_MS))
  state.tat, state.permits = tat, state.permits - n
end

-- `of_lanes`: how many of the `n` each lane had paid for.
local function refund(n, of_lanes)
  local key = P .. service .. ':rate'
  local stored = tonumber(call('GET', key))
  if stored then call('SET', key, num(stored - n * 1000000 / rate_per_s), 'KEEPTTL') end
  for home, its_own in pairs(of_lanes) do repay(home, service, its_own) end
end
