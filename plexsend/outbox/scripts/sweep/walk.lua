-- needs: _clock, _spoilt, arguments, sweep/leader
-- The walk over all lanes of the account, in the index or not: the caller reads them page by page and names some in
-- each round. How far it is is kept in `sweep`, so that another process goes on from there.

local walk_at, place = number_in(sweep_state[7]), sweep_state[8] or ''

-- Keys that this round put aside, and those that are left for a person. All lanes are looked over soon for what was
-- in the first.
local put_aside, left_alone = {}, {}

-- `scope`: keys of the account to look at, `lane`: the lane; each where it is given.
local function find_again(scope, lane)
  local left, aside = find_spoilt(scope or '', lane and { [lane] = true } or {})
  for _, key in ipairs(aside) do put_aside[#put_aside + 1] = key end
  if left and left_alone[#left_alone] ~= left then left_alone[#left_alone + 1] = left end
end

local is_account_looked_at = false

-- During a walk alone: it is as much work as the rest.
local function look_for_spoilt(lane)
  if not walk_at or walk_at > now then return end
  find_again(not is_account_looked_at and ACCOUNT_KEYS or nil, lane)
  is_account_looked_at = true
end

-- `walked`: the place from which the walk goes on; `end` where it has seen all; empty where this round took no step.
-- Answers the place from which the next round is to go on (the caller knows what it means, `begin` first), empty
-- where none is due.
local function go_on_walking()
  -- A time further ahead than any that is given comes from before the clock was set back.
  local at = walk_at or now + FIRST_WALK_MS
  if #put_aside > 0 then at, place, walked = now, '', '' end
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
