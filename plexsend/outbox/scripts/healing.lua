-- needs: _record, _wake, _lanes, _gate, _ending, _closings, _groups, _policy, _outlook, sweep/retention
-- What was lost about lanes, by a server that forgot or by another program, is put right; and a closed group that is
-- long over is forgotten. A count that is wrong is not changed: it says that something was lost, and audit reports it.

-- The number by which the lane's messages name it, as far as no other lane has it; nil where none names one.
local function number_in_use(lane)
  for _, part in ipairs({ 'ready', 'later', 'sending', 'uncertain', 'dead' }) do
    local found = call('ZRANGE', lane_key(lane, part), 0, 0)
    local l = found[1] and read_record(found[1], 'l')[1]
    if l and string.find(l, '^%d+$') and call('HEXISTS', P .. 'lanes', '#' .. l) == 0 then return l end
  end
  return nil
end

-- Its route too: it is in the index with its first lane.
local function put_into_index(lane)
  if branch_of(lane) then put_into_index(route_of(lane)) end
  call('SADD', P .. 'routes', route_of(lane))
  local known = call('HGET', P .. 'lanes', lane)
  if known then
    call('HSETNX', P .. 'lanes', '#' .. known, lane)
    return
  end
  local number = number_in_use(lane)
  if number then
    local last = tonumber(call('HGET', P .. 'lanes', 'next') or nil) or 0
    call('HSET', P .. 'lanes', lane, number, '#' .. number, lane, 'next', num(math.max(last, tonumber(number))))
  else
    number_of(lane)
  end
end

-- What would take a connection of the route for ever is not a drain of plexsend's.
local function drop_late_leases(route)
  call('ZREMRANGEBYSCORE', lane_key(route, 'drains'), latest_lease(), '+inf')
end

-- Whether messages are or were in it. A name that another program made up is not a lane.
local function is_known(lane)
  return call('EXISTS', lane_key(lane, 'counts')) == 1 or call('HEXISTS', P .. 'lanes', lane) == 1
         or number_in_use(lane) ~= nil
end

-- Answers whether nothing of it is spoilt, and whether it is a lane of the account.
local function look_over(lane)
  local is_lane = is_known(lane)
  if is_lane then put_into_index(lane) end
  local lacking = lacks(lane)
  if lacking then
    wake_by(lane, now)
    if branch_of(lane) then note_route(route_of(lane), 1) end
  end
  if not branch_of(lane) then drop_late_leases(lane) end
  if not next_event(lane) and end_if_over(lane) then is_lane = false end
  -- Records of form 1 that ended are in a list of their lane.
  local _, is_spoilt = tidy(lane_key(lane, 'ended'))
  if not branch_of(lane) then tidy_holds(lane) end
  return not is_spoilt, is_lane
end

-- What a sweep does for a few routes in each round, with as few calls as it can.
local function look_over_route(route)
  if branch_of(route) then return (look_over(route)) end
  if call('EXISTS', lane_key(route, 'counts')) == 1 and call('HEXISTS', P .. 'lanes', route) == 0 then
    put_into_index(route)
  end
  if call('EXISTS', lane_key(route, 'later'), lane_key(route, 'ready'), lane_key(route, 'sending')) > 0
     and not call('ZSCORE', P .. 'wake', route) then
    wake_by(route, now)
  end
  local _, is_spoilt = tidy(lane_key(route, 'ended'))
  tidy_holds(route)
  return not is_spoilt
end

-- A closed group without lanes: forgotten once nobody was refused for as long as records are kept. Until then its
-- producers may still be at work.
local function look_over_closed(group)
  local text = call('HGET', P .. 'closed', group)
  local closing = text and read_closing(text)
  if not closing or is_kept(last_closed(closing)) then return true end
  if #lanes_of_group(group) == 0 then
    call('HDEL', P .. 'closed', group)
  end
  return true
end

-- A lane is told from a group by its account. Answers what look_over answers.
local function look_over_named(name)
  if string.find(name, '@', 1, true) then return look_over(name) end
  return look_over_closed(name), false
end
