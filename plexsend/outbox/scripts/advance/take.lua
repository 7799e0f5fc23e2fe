-- needs: _gate, _wake, _day, _leases, arguments, advance/names, advance/policies, advance/leases, advance/rest,
-- needs: advance/permits, advance/choose, advance/fill, advance/batch, advance/rewound
-- Mode `take`: takes the lane's next batch, or says why there is none and for how long.

-- What keeps the drain's process from sending for this account: the gateway refused its secret, or it would send to
-- another address than the others. Asked in every take: both may change while a drain runs.
local function obstacle()
  if sender.fingerprint == '' then return nil end
  if any_refused and call('HEXISTS', P .. 'refused', sender.fingerprint) == 1 then return 'secret' end
  local agreed = url_in_force or call('HGET', P .. 'urls', sender.product)
  return agreed and agreed ~= sender.url and 'address' or nil
end

-- The lane goes to another process, a moment later: the doorbell for it may come here again.
local function decline(reason)
  if bell ~= '' then call('ZREM', drains, bell) end
  local due = first_score(later)
  if call('ZCARD', ready) > 0 or due and due <= now then wake_by(lane, now + sender.declined_ms) end
  return nothing('declined', sender.declined_ms, reason)
end

-- The caller's process knows of a later take of the route than this server: before anything goes twice, it is found
-- out what the server forgot. Answers the caller, or nil where it may take.
local function look_back()
  return seen_takes > route_takes().last and answer_rewound() or nil
end

local function take()
  local why_not = obstacle()
  if why_not then return decline(why_not) end
  if bell ~= '' then call('ZREM', drains, bell) end
  local rewound = look_back()
  if rewound then return rewound end
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
  local most = held.size
  if daily_limit > 0 then
    local left, midnight = left_today(service, daily_limit)
    if left == 0 then return rest(math.min(midnight, now + LONGEST_SLEEP_MS), 'daily limit', false) end
    most = math.min(most, left)
  end
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
  for _, message in ipairs(chosen) do
    if may_have_hours(message.lane) then
      pay_paces(chosen)
      break
    end
  end
  return write_take(chosen, held.probes)
end
