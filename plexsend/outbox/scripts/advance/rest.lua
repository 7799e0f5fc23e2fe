-- needs: _wake, arguments, advance/names, advance/leases
-- Where there is nothing to take: when the lane wakes, and what the drain hears.

local function nothing(status, wait_ms, reason)
  if status ~= 'stay' then give_lease_back() end
  return answer_of({ status = status, ms = num(math.max(wait_ms, 0)), reason = reason })
end

-- Gives the lease back and sets the wake, or keeps it for a wait that is short enough. Returns the answer, and
-- whether the lease is kept. A policy that is loosened meanwhile shortens the wait: no lane sleeps through that.
local function rest(at, reason, may_stay)
  local wait_ms = at and (at - now) or LONGEST_SLEEP_MS
  if may_stay and at and stay_ms > 0 and wait_ms <= stay_ms then
    sleep_until(lane, at + stay_ms)
    return nothing('stay', wait_ms, reason), true
  end
  sleep_until(lane, at and math.min(at, now + LONGEST_SLEEP_MS))
  return nothing('idle', wait_ms, reason), false
end
