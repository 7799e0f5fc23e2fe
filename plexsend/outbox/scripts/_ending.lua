-- needs: _clock, _lanes, _groups, _counts, _gate, _hold_writing, _places, _runs
-- The end of a lane with a group. Nothing of it stays but what it counted, which its route counts from then on, and the
-- run whose lane it was.

-- What the lane counted, where nothing is in it any more: nothing that lives, nothing that ended. Else nil. What
-- this call counted must be written before.
local function last_counts(lane)
  if call('EXISTS', lane_key(lane, 'later'), lane_key(lane, 'ready'), lane_key(lane, 'sending'),
          lane_key(lane, 'uncertain'), lane_key(lane, 'dead')) > 0 then
    return nil
  end
  local fields = call('HGETALL', lane_key(lane, 'counts'))
  return not any_left(fields) and fields or nil
end

-- The hash of the run whose lane it is, nil where there is none.
local function run_of(lane)
  local group = group_of(lane)
  local run = is_run(group) and run_key(group)
  return run and call('HEXISTS', run, 'id') == 1 and run or nil
end

-- Answers whether the lane ended.
local function end_if_over(lane)
  local fields = branch_of(lane) and last_counts(lane)
  if not fields then return false end
  local route, run = route_of(lane), run_of(lane)
  for i = 1, #fields, 2 do
    -- A count that another program spoilt is lost; audit reported it as long as it was there.
    if fields[i + 1] ~= '0' and tonumber(fields[i + 1]) then
      count(route, fields[i], tonumber(fields[i + 1]))
      if run then redis.pcall('HINCRBY', run, 'n:' .. fields[i], num(tonumber(fields[i + 1]))) end
    end
  end
  write_counts()
  local number = call('HGET', P .. 'lanes', lane)
  call('DEL', lane_key(lane, 'counts'))
  call('HDEL', P .. 'lanes', lane, '#' .. (number or ''))
  -- What held this lane alone; a pause of its group is there without a lane too.
  for _, field in ipairs(own_fields(lane, 'lane')) do
    delete_hold(field)
  end
  call('ZREM', lane_key(route, 'wake'), lane)
  call('ZREM', lane_key(route, 'wake:held'), lane)
  forget_place(lane, service_of(lane))
  forget_kind(group_of(lane))
  return true
end
