-- needs: _clock, _lanes
-- When a lane is looked at next, and how the process that sweeps hears of it. Lanes with a group have a set of
-- wakes for each route, so that thousands of them are in nobody's way.
--
-- A wake is written last, when its message is where it belongs. Where another program put something else in place of
-- the wakes, sweep puts that aside and looks over all lanes: nothing fails for it here.

local function first_score(key)
  local found = call('ZRANGE', key, 0, 0, 'WITHSCORES')
  return found[2] and tonumber(found[2])
end

-- Wakes the process that sweeps where a lane is due before its next look. `next_look`: ms, read when first asked
-- for.
local next_look

local function nudge(at)
  next_look = next_look or number_in(redis.pcall('HGET', P .. 'sweep', 'next')) or 0
  if at < next_look then
    -- Where the login has no rights to channels the process only hears later: the script must not fail for it.
    redis.pcall('PUBLISH', P .. 'nudge', '')
    next_look = 0
  end
end

-- The set in which a lane wakes, and its route where the lane has a group.
local function wake_set(lane)
  if not branch_of(lane) then return P .. 'wake', nil end
  local route = route_of(lane)
  return lane_key(route, 'wake'), route
end

-- `wake:routes`: the routes of which a lane with a group wakes or is held.
local function note_route(route, added)
  if route and added == 1 then redis.pcall('SADD', P .. 'wake:routes', route) end
end

local function wake_at(lane, at)
  local set, route = wake_set(lane)
  note_route(route, redis.pcall('ZADD', set, num(at), lane))
  nudge(at)
end

local function wake_by(lane, at)
  local set, route = wake_set(lane)
  note_route(route, redis.pcall('ZADD', set, 'LT', num(at), lane))
  nudge(at)
end

-- A hold has ended. An account has few lanes without a group; those with one come back as sweep brings them.
local function wake_all()
  for _, lane in ipairs(redis.pcall('ZRANGE', P .. 'wake', 0, -1)) do
    wake_by(lane, now)
  end
  nudge(now)
end

-- Sets the wake of a lane in which nothing can be taken before `at` (nil: nothing is ready).
local function sleep_until(lane, at)
  local due = first_score(lane_key(lane, 'later'))
  local abandoned = first_score(lane_key(lane, 'sending'))
  local t = at
  if due and (not t or due < t) then t = due end
  if abandoned and (not t or abandoned < t) then t = abandoned end
  if t then
    wake_at(lane, math.max(t, now))
  else
    redis.pcall('ZREM', (wake_set(lane)), lane)
  end
end

-- Sets the wake of a lane that a hold keeps, as gate answers it. A lane with a group is out of `wake`: what a
-- person paused comes back with the resume, and what is held with its whole route as sweep brings it.
local function sleep_held(lane, held)
  local set, route = wake_set(lane)
  if not route then
    wake_at(lane, held.at)
    return
  end
  local abandoned = first_score(lane_key(lane, 'sending'))
  if abandoned or held.is_hours then
    wake_at(lane, math.max(now, math.min(abandoned or math.huge, held.at)))
    return
  end
  if not held.is_own then note_route(route, redis.pcall('ZADD', lane_key(route, 'wake:held'), now_text, lane)) end
  redis.pcall('ZREM', set, lane)
end

-- ms at which the linger is over, counted from the oldest ready message; nil once it is.
local function linger_over(lane, linger_ms)
  local oldest = first_score(lane_key(lane, 'ready'))
  -- A position far ahead is from before the clock was set back: nothing waits until the clock is there again.
  if not oldest or oldest > now_us + 1000000 then return nil end
  local over = oldest + linger_ms * 1000
  return over > now_us and math.ceil(over / 1000) or nil
end
