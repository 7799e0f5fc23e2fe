-- needs: _rate, _line, _waiters, _wake, arguments, advance/names, advance/policies, advance/rest
-- The permits of a batch under a shared rate: the lane's turn for them, who pays, and what comes back.

local function charge(state, n)
  local tat = state.tat + n * state.each
  -- Rounded up: a fraction given away at each batch would add up.
  call('SET', P .. service .. ':rate', num(math.ceil(tat)), 'PX', num((tat - now_us) / 1000 + RATE_KEPT_MS))
  state.tat, state.permits = tat, state.permits - n
end

-- `of_lanes`: how many of the `n` each lane had paid for.
local function refund(n, of_lanes)
  local key = P .. service .. ':rate'
  local stored = number_in(call('GET', key))
  if stored then call('SET', key, num(stored - n * 1000000 / rate_per_s), 'KEEPTTL') end
  for home, its_own in pairs(of_lanes) do repay(home, service, its_own) end
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
