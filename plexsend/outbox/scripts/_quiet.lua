-- needs: _clock, _lanes
-- Quiet hours: when lanes of advertisements send nothing. Lua knows no time zones, so those who write the policies
-- write beside them when the next days are open. A list that was not renewed is closed: the law is not left to chance.

-- For a lane of advertisements: nil where it may send now, else ms at which to look again. Those who agreed to it get theirs at night too.
local function quiet_until(lane)
  local branch = branch_of(lane)
  if not branch or string.sub(branch, -#ADVERTISING) ~= ADVERTISING then return nil end
  local opens
  for from, to in string.gmatch(call('HGET', P .. 'policy', 'open_hours') or '', '(%d+)-(%d+)') do
    from, to = tonumber(from), tonumber(to)
    if from <= now and now < to then return nil end
    if from > now and (not opens or from < opens) then opens = from end
  end
  -- Looked at in between, since the hours may be changed.
  return math.min(opens or math.huge, now + QUIET_LOOK_MS)
end
