-- needs: _wake, _lanes, _gate, _ending, _closings, sweep/retention, sweep/walk
-- What the caller names, because it looks over all of an account from time to time: what was lost about a lane, by a
-- server that forgot or by another program, is put right, and a closed group that is long over is forgotten. No
-- message is touched.

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
  if group_of(lane) then put_into_index(route_of(lane)) end
  if call('HEXISTS', P .. 'lanes', lane) == 1 then return end
  local number = number_in_use(lane)
  if number then
    local last = tonumber(call('HGET', P .. 'lanes', 'next') or nil) or 0
    call('HSET', P .. 'lanes', lane, number, '#' .. number, lane, 'next', num(math.max(last, tonumber(number))))
    call('SADD', P .. 'routes', route_of(lane))
  else
    number_of(lane)
  end
end

local function look_over(lane)
  look_for_spoilt(lane)
  if call('EXISTS', lane_key(lane, 'counts')) == 1 then put_into_index(lane) end
  if call('EXISTS', lane_key(lane, 'later'), lane_key(lane, 'ready'), lane_key(lane, 'sending')) > 0 then
    if not is_watched(lane) then wake_by(lane, now) end
    if group_of(lane) then note_route(route_of(lane), 1) end
  else
    end_if_over(lane)
  end
  -- Records of form 1 that ended are in a list of their lane.
  local _, is_spoilt = tidy(lane_key(lane, 'ended'))
  if not group_of(lane) then tidy_holds(lane) end
  return not is_spoilt
end

-- What comes before and behind a group in the names of its lanes, for each route.
local around

-- A closed group without lanes: forgotten once nobody was refused for as long as records are kept. Until then its
-- producers may still be at work.
local function look_over_closed(group)
  local text = call('HGET', P .. 'closed', group)
  local closing = text and read_closing(text)
  if not closing or is_kept(last_closed(closing)) then return true end
  if not around then
    around = {}
    for i, route in ipairs(call('SMEMBERS', P .. 'routes')) do
      around[i] = { string.match(route, '^([^@]*)(.*)$') }
    end
  end
  local names = {}
  for i, words in ipairs(around) do names[i] = words[1] .. '/' .. group .. words[2] end
  if #names == 0 or not any_of(call('HMGET', P .. 'lanes', unpack(names))) then
    call('HDEL', P .. 'closed', group)
  end
  return true
end

-- A lane is told from a group by its account. Answers whether nothing of it is spoilt.
local function look_over_named(name)
  if string.find(name, '@', 1, true) then return look_over(name) end
  return look_over_closed(name)
end
