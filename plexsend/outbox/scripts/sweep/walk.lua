-- needs: _clock, arguments, sweep/leader
-- The walk over all lanes of the account, in the index or not: the caller reads them page by page and names some in
-- each round. How far it is is kept in `sweep`, so that another process goes on from there.

local walk_at, place = tonumber(sweep_state[7] or nil), sweep_state[8] or ''

-- `walked`: the place from which the walk goes on; `end` where it has seen all; empty where this round took no step.
-- Answers the place from which the next round is to go on (the caller knows what it means, `begin` first), empty
-- where none is due.
local function go_on_walking()
  -- A time further ahead than any that is given comes from before the clock was set back.
  local at = walk_at or now + FIRST_WALK_MS
  if at > now + WALK_EVERY_MS then at = now end
  if walked == 'end' then
    at, place = now + WALK_EVERY_MS, ''
  elseif walked ~= '' then
    place = walked
  end
  if at ~= walk_at or walked ~= '' then call('HSET', P .. 'sweep', 'walk', num(at), 'place', place) end
  if at > now then return '' end
  return place ~= '' and place or 'begin'
end
