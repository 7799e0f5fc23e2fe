-- needs: _gate, _wake, _line, _day, arguments, advance/names, advance/policies, advance/leases, advance/choose,
-- needs: advance/fill, advance/batch
-- Mode `take`: takes the lane's next batch, or says why there is none and for how long.

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

-- The lane stands in line for the permits of `n` messages. One drain of it waits with its lease kept: that is
-- enough to lose no permit while a doorbell travels, and more would compete.
local function wait_in_line(spot, state, n, wait_ms)
  local waiter = spot.place.drain
  local is_waiter = not waiter or waiter == drain
  if wait_ms > stay_ms or not is_waiter then wait_ms = line_sleep(spot, state, wait_ms) end
  local answer, stays = rest(now + wait_ms, 'rate', is_waiter)
  -- A drain whose doorbell comes a little early stays until the permits are there.
  if not stays and wait_ms > 2 * RING_AHEAD_MS then wake_by(lane, now + wait_ms - RING_AHEAD_MS) end
  if is_waiter then stand_in_line(spot, state, n, now + wait_ms, stays and drain or nil) end
  return answer
end

-- Who is next is to have a drain there when its permits are: housekeeping rings for one.
local function ring_for_next(spot, state)
  local following = next_in_line(spot)
  if following and not following.place.drain and not is_stuck(following.lane, spot) then
    local wait_ms = rate_wait(state, math.max(following.place.need, 1))
    wake_by(following.lane, now + math.max(0, wait_ms - RING_AHEAD_MS))
  elseif not following and spot.more and state.permits >= most_items then
    -- The drains at work leave permits unused.
    wake_by(lane, now)
  end
end

-- How many of these messages are of the lane itself: they are in front.
local function own_of(chosen)
  local own = 0
  while chosen[own + 1] and chosen[own + 1].lane == lane do own = own + 1 end
  return own
end

-- Other lanes pay for what they gave to the batch, each in its class.
local function let_others_pay(chosen, own, state)
  local at = own + 1
  while at <= #chosen do
    local from, first = chosen[at].lane, at
    while chosen[at] and chosen[at].lane == from do at = at + 1 end
    local n = at - first
    pay(find_spot(from, service, state, most_items), state, n, call('ZCARD', lane_key(from, 'ready')) > n, nil)
  end
end

local function keep_own(chosen, own)
  for i = #chosen, own + 1, -1 do chosen[i] = nil end
end

-- Messages of groups fill the batch of a lane without one where they could have the permits by a place of their own
-- too: they have no share in its place. Answers that place, nil where none of them is left.
local function place_of_groups(chosen, own, state)
  if lane ~= route or own == #chosen then return nil end
  local spot = find_spot(chosen[own + 1].lane, service, state, most_items)
  if line_wait(spot, state, #chosen) == 0 then return spot end
  keep_own(chosen, own)
  return nil
end

-- Takes the permits for these messages; where there are not enough yet, returns the answer to the caller. No message
-- without a group waits for the permits of what only fills its batch.
local function take_permits(chosen)
  local state, own = rate_state(service, rate_per_s, most_items), own_of(chosen)
  local of_groups = place_of_groups(chosen, own, state)
  if #chosen == 0 then return rest(nil, 'empty', false) end
  local spot = own == 0 and of_groups or find_spot(lane, service, state, most_items)
  local wait_ms = line_wait(spot, state, #chosen)
  if wait_ms > 0 and of_groups and own > 0 then
    keep_own(chosen, own)
    wait_ms = line_wait(spot, state, own)
  end
  if wait_ms > 0 then return wait_in_line(spot, state, #chosen, wait_ms) end
  charge(state, #chosen)
  if spot.lane == lane then pay(spot, state, own, call('ZCARD', ready) > own, drain) end
  let_others_pay(chosen, own, state)
  ring_for_next(spot, state)
  return nil
end

-- What keeps the drain's process from sending for this account: the gateway refused its secret, or it would send to
-- another address than the others. Asked in every take: both may change while a drain runs.
local function obstacle()
  if sender.fingerprint == '' then return nil end
  if call('HEXISTS', P .. 'refused', sender.fingerprint) == 1 then return 'secret' end
  local agreed = call('HGET', P .. 'policy', 'gateway_url.' .. sender.product) or call('HGET', P .. 'urls', sender.product)
  return agreed and agreed ~= sender.url and 'address' or nil
end

-- The lane goes to another process, a moment later: the doorbell for it may come here again.
local function decline(reason)
  if bell ~= '' then call('ZREM', drains, bell) end
  local due = first_score(later)
  if call('ZCARD', ready) > 0 or due and due <= now then wake_by(lane, now + sender.declined_ms) end
  return nothing('declined', sender.declined_ms, reason)
end

local function take()
  local why_not = obstacle()
  if why_not then return decline(why_not) end
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
  if lane ~= route and sequence > 1 and ungrouped_waits(route, connections) then
    -- No message without a group waits until the slice of a group is over.
    wake_by(lane, now)
    wake_by(route, now)
    return nothing('enough', 0, 'connections')
  end
  mature(lane, MOST_DUE)
  local left, midnight = left_today(service, daily_limit)
  if left == 0 then return rest(math.min(midnight, now + LONGEST_SLEEP_MS), 'daily limit', false) end
  local most = math.min(held.size, left)
  local chosen = choose(lane, most, #held.probes > 0)
  local goes_alone = chosen[1] and has(chosen[1].facts[3], ALONE)
  if #chosen < most and not goes_alone then
    local over = chosen[1] and linger_over(lane, linger_ms)
    if over then return rest(over, 'linger', true) end
    fill(chosen, most)
  end
  if #chosen == 0 then
    -- What is left, if anything, is messages that go alone, beyond what was looked through.
    return rest(call('ZCARD', ready) > 0 and now or nil, 'empty', true)
  end
  local waits = rate_per_s > 0 and take_permits(chosen)
  if waits then return waits end
  if daily_limit > 0 then count_today(service, #chosen) end
  return write_take(chosen, held.probes)
end
