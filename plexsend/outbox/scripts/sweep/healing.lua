-- needs: _wake, _lanes, _gate, _ending, sweep/retention
-- Lanes that the caller names, because it looks over all of them from time to time: what was lost about one, by a
-- server that forgot or another program, is put right.

local function any_of(values)
  for _, value in ipairs(values) do
    if value then return true end
  end
  return false
end

-- Whether the lane is where somebody looks for it: it wakes, or it is held.
local function is_watched(lane)
  if call('ZSCORE', (wake_set(lane)), lane) then return true end
  if not group_of(lane) then return false end
  if call('ZSCORE', lane_key(route_of(lane), 'wake:held'), lane) then return true end
  return any_of(call('HMGET', P .. 'holds', unpack(own_fields(lane))))
end

local function look_over(lane)
  local is_indexed = call('HEXISTS', P .. 'lanes', lane) == 1
  if not is_indexed and call('EXISTS', lane_key(lane, 'counts')) == 1 then number_of(lane) end
  if call('EXISTS', lane_key(lane, 'later'), lane_key(lane, 'ready'), lane_key(lane, 'sending')) > 0 then
    if not is_watched(lane) then wake_by(lane, now) end
  else
    end_if_over(lane)
  end
  -- Records of form 1 that ended are in a list of their lane.
  tidy(lane_key(lane, 'ended'))
end
