-- needs: _clock, _lanes, audit/lanes, audit/records, arguments
-- What should not be there: members of sets, bodies and histories, one by one.

-- What is in a set and should not be: without a record, or with one that names another place.
local function look_at_member(key)
  if type(redis.pcall('ZSCORE', lane_key(lane, part), key)) ~= 'string' then return end
  local found = redis.pcall('HMGET', record_of .. key, 's', 'l')
  if found.err then return end
  if not found[1] and not found[2] then return note_break(key, lane, 'no record', part) end
  local home = found[2] and home_of(found[2])
  if home and home ~= lane and string.find(home, '@', 1, true) then
    note_break(key, lane, 'elsewhere', part .. ' ' .. home)
  elseif found[1] and is_state(found[1]) and SET_OF(found[1]) ~= part then
    note_break(key, lane, 'place', found[1] .. ' ' .. places(lane, key))
  end
end

local function look_at_body(key)
  if call('EXISTS', record_of .. key) == 0 and call('EXISTS', body_of .. key) == 1 then
    note_break(key, '', 'body alone')
  end
end

local function look_at_history(key)
  if call('EXISTS', record_of .. key) == 0 and call('EXISTS', P .. 'h:' .. key) == 1 then
    note_break(key, '', 'history alone')
  end
end

local function look_at_fallback(key)
  if call('EXISTS', record_of .. key) == 0 and call('EXISTS', P .. 'f:' .. key) == 1 then
    note_break(key, '', 'fallback alone')
  end
end
