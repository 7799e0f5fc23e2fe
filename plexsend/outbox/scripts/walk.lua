-- needs: _clock, arguments;
-- walk: which process walks over all that the server has under the prefix, and how far it is. Of the whole fleet:
-- KEYS[1] is the prefix. Touches p walk.
--
-- Its arguments are in arguments.py. One process walks at a time, an hour after the last walk's end, and soon after a
-- process began; another goes on from where one stopped. Answers what WALK_ANSWER lists.

local state = call('HMGET', P .. 'walk', 'who', 'until', 'at', 'from')
local who, left = state[1], (tonumber(state[2] or nil) or 0) - now
local at, from = tonumber(state[3] or nil), state[4] or ''

-- A time further ahead than any that is given comes from before the clock was set back.
if not at or at > now + WALK_EVERY_MS then at = now + FIRST_WALK_MS end
if is_new then at = math.min(at, now + FIRST_WALK_MS) end

local function write(lease_ms)
  call('HSET', P .. 'walk', 'who', process, 'until', num(now + lease_ms), 'at', num(at), 'from', from)
end

if who and who ~= process and left > 0 and left <= WALK_LEASE_MS then
  if is_new then call('HSET', P .. 'walk', 'at', num(at)) end
  return answer_of({ wait_ms = num(left) })
end
if who == process and place == 'end' then
  at, from = now + WALK_EVERY_MS, ''
elseif who == process and place ~= '' then
  from = place
end
if at > now then
  write(0)
  return answer_of({ wait_ms = num(at - now) })
end
write(WALK_LEASE_MS)
return answer_of({ place = from ~= '' and from or 'begin' })
