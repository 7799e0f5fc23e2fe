-- needs: _gate, _wake, arguments, advance/names, advance/leases, advance/choose, advance/fill, advance/batch
-- Mode `take`: takes the lane's next batch, or says why there is none and for how long.

local function nothing(status, wait_ms, reason)
  if status ~= 'stay' then give_lease_back() end
  return answer_of({ status = status, ms = num(math.max(wait_ms, 0)), reason = reason })
end

-- Gives the lease back and sets the wake, or keeps it for a wait that is short enough. Returns the answer, and
-- whether the lease is kept.
local function rest(at, reason, may_stay)
  local wait_ms = at and (at - now) or LONGEST_SLEEP_MS
  if may_stay and at and stay_ms > 0 and wait_ms <= stay_ms then
    sleep_until(lane, at + stay_ms)
    return nothing('stay', wait_ms, reason), true
  end
  sleep_until(lane, at)
  return nothing('idle', wait_ms, reason), false
end

-- Takes the permits for `n` messages; where there are not enough yet, returns the answer to the caller.
local function take_permits(n)
  local state = rate_state(service, rate_per_s, most_items)
  local waiting = permit_waiter(route)
  if state.permits < n then
    local at = now + rate_wait(state, n)
    local answer, stays = rest(at, 'rate', not waiting or waiting == drain)
    if stays then wait_for_permits(at + 1000) end
    return answer
  end
  if waiting == drain then call('HDEL', takes, '*') end
  charge(state, n)
  if state.permits - n >= most_items and call('ZCARD', ready) > n then
    -- The drains at work leave permits unused: housekeeping rings for one more.
    wake_by(lane, now)
  end
  return nil
end

local function take()
  if bell ~= '' then call('ZREM', drains, bell) end
  local held = gate(lane, service, most_items)
  if held.blocked then
    sleep_held(lane, held)
    return nothing('idle', held.at - now, held.blocked)
  end
  if not hold_lease() then
    -- The others will take what this drain gave back; if they die, housekeeping must look in time.
    if call('ZCARD', ready) > 0 then wake_by(lane, now + LONGEST_SLEEP_MS) end
    return nothing('enough', LONGEST_SLEEP_MS, 'connections')
  end
  mature(lane, MOST_DUE)
  local chosen = choose(lane, held.size, #held.probes > 0)
  local goes_alone = chosen[1] and has(chosen[1].facts[3], ALONE)
  if #chosen < held.size and not goes_alone then
    local over = chosen[1] and linger_over(lane, linger_ms)
    if over then return rest(over, 'linger', true) end
    fill(chosen, held.size)
  end
  if #chosen == 0 then
    -- What is left, if anything, is messages that go alone, beyond what was looked through.
    return rest(call('ZCARD', ready) > 0 and now or nil, 'empty', true)
  end
  local waits = rate_per_s > 0 and take_permits(#chosen)
  return waits or write_take(chosen, held.probes)
end
