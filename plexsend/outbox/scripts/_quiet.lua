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

-- For a lane with a mark in its name: nil where it may send now, else ms at which to look again, and why.
local function waits_until(lane)
  local morning, window = quiet_until(lane), out_of_window_until(lane)
  if window and window > (morning or 0) then return window, WINDOW end
  return morning, QUIET
end
