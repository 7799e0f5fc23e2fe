-- needs: _clock, _lanes, _wake, _gate
-- Whether somebody will look at a lane: what keeps its messages from waiting for ever.

local function any_of(values)
  for _, value in ipairs(values) do
    if value then return true end
  end
  return false
end

-- ms at which the lane is to be looked at, at the latest; nil where nothing in it waits or is being sent.
local function next_event(lane)
  local at = call('EXISTS', lane_key(lane, 'ready')) == 1 and now + LONGEST_SLEEP_MS or nil
  for _, part in ipairs({ 'later', 'sending' }) do
    local first = first_score(lane_key(lane, part))
    if first and (not at or first < at) then at = first end
  end
  return at
end

-- A person paused the lane or its group: it is in nobody's sight until the resume.
local function is_paused(lane)
  return any_of(call('HMGET', P .. 'holds', unpack(own_fields(lane))))
end

-- Why nobody will look at a lane that has something to do; nil where somebody will.
local function lacks(lane)
  local at = next_event(lane)
  if not at then return nil end
  local set, route = wake_set(lane)
  local wakes = call('ZSCORE', set, lane)
  if wakes then
    if tonumber(wakes) > math.max(at, now) + LATE_WAKE_MS then return 'late wake' end
  elseif not route then
    return 'no wake'
  elseif not call('ZSCORE', lane_key(route, 'wake:held'), lane) then
    return not is_paused(lane) and 'no wake' or nil
  end
  if route and call('SISMEMBER', P .. 'wake:routes', route) == 0 then return 'route does not wake' end
  return nil
end

local latest

-- Until when a deadline can be: what is later is not a time that plexsend gave.
local function latest_deadline()
  latest = latest or now + policy_ms('reclaim_s') + FAR_AHEAD_MS
  return latest
end

-- `asked`: ms for which a message was scheduled, where somebody asked for a time.
local function latest_due(asked)
  return math.max(now + LONGEST_POSTPONE_MS, tonumber(asked or nil) or 0) + FAR_AHEAD_MS
end

-- The lease of a drain is the longest time for which anything counts as one.
local function latest_lease()
  return num(now + LEASE_MS + FAR_AHEAD_MS)
end
