-- needs: _record, _fates
-- How the record of a message goes for good.

-- Takes an ended record away; the caller has checked that the event can happen. `code`: of its last answer, or of what
-- kept it from going. What became of a row of a run is written first: where that fails, the record stays.
local function forget(lane, key, from, event, code)
  if may_have_hours(lane) then
    keep_fate(lane, key, from, code)
    keep_first(lane, key, from, code)
  end
  if SET_OF(from) then redis.pcall('ZREM', lane_key(lane, SET_OF(from)), key) end
  moved(lane, from, target(event, from))
  call('DEL', record_of .. key, body_of .. key, P .. 'h:' .. key, P .. 'f:' .. key)
end
