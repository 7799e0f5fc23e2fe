-- needs: _clock, _lanes, _runs
-- Hours in which lanes send nothing: those of advertisements in the quiet hours, those of a run outside its window.
-- Lua knows no time zones, so both are written as spans of ms for the next days. A list that was not renewed is closed:
-- the law is not left to chance, nor is what a person asked for.

-- nil within one of the spans, else ms at which to look again: when the next begins, at the latest in a while, since
-- the hours may be changed.
local function closed_until(spans)
  local opens
  for from, to in string.gmatch(spans, '(%d+)-(%d+)') do
    from, to = tonumber(from), tonumber(to)
    if from <= now and now < to then return nil end
    if from > now and (not opens or from < opens) then opens = from end
  end
  return math.min(opens or math.huge, now + QUIET_LOOK_MS)
end

-- Those who agreed to it get advertisements at night too.
local function quiet_until(lane)
  if string.sub(branch_of(lane) or '', -#ADVERTISING) ~= ADVERTISING then return nil end
  return closed_until(call('HGET', P .. 'policy', 'open_hours') or '')
end

-- A run without a window is not in `windows`.
local function out_of_window_until(lane)
  local group = group_of(lane)
  local spans = is_run(group) and call('HGET', P .. 'windows', group)
  return spans and closed_until(spans) or nil
end

-- A run with a rate of its own sends no faster, whatever was fed of it: what was fed before the rate was set, or waited
-- behind a hold. `paced`: ms until which what it sent is paid for; so much ahead it may be that no doorbell is missed.
local paces = {}

local function pace_of(group)
  if not is_run(group) then return nil end
  if not paces[group] then
    local found = redis.pcall('HMGET', run_key(group), 'rate', 'paced')
    paces[group] = { rate = not found.err and tonumber(found[1] or '') or 0, paced = number_in(found[2]) or 0 }
  end
  local pace = paces[group]
  if pace.rate > 0 then return pace.rate, pace.paced end
  return nil
end

local function out_of_pace_until(lane)
  local rate, paced = pace_of(group_of(lane))
  if not rate or paced - PACE_AHEAD_MS <= now then return nil end
  return math.min(paced - PACE_AHEAD_MS, now + QUIET_LOOK_MS)
end

-- What is taken now of runs is paid for by the rate of each.
local function pay_paces(chosen)
  local taken = {}
  for _, message in ipairs(chosen) do
    local group = may_have_hours(message.lane) and group_of(message.lane)
    if is_run(group) then taken[group] = (taken[group] or 0) + 1 end
  end
  for group, n in pairs(taken) do
    local rate, paced = pace_of(group)
    if rate then call('HSET', run_key(group), 'paced', num(math.max(paced, now) + n * 1000 / rate)) end
  end
end

-- For a lane with a mark in its name: nil where it may send now, else ms at which to look again, and why.
local function waits_until(lane)
  local morning, window = quiet_until(lane), out_of_window_until(lane)
  if window and window > (morning or 0) then return window, WINDOW end
  if morning then return morning, QUIET end
  return out_of_pace_until(lane), PACE
end
