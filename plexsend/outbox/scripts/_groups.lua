-- needs: _clock, _lanes
-- A group over all of its lanes, and what it holds: advertisements or anything else, never both.

-- What comes before and behind a branch in the names of lanes, for each route.
local around

-- The lanes of a group that are in the index.
local function lanes_of_group(group)
  if not around then
    around = {}
    for i, route in ipairs(call('SMEMBERS', P .. 'routes')) do
      around[i] = { string.match(route, '^([^@]*)(.*)$') }
    end
  end
  local own = group == ADVERTISING and '' or group
  local names, found = {}, {}
  for _, words in ipairs(around) do
    if own ~= '' then names[#names + 1] = words[1] .. '/' .. own .. words[2] end
    names[#names + 1] = words[1] .. '/' .. own .. ADVERTISING .. words[2]
    names[#names + 1] = words[1] .. '/' .. own .. ADVERTISING .. 'n' .. words[2]
  end
  if #names == 0 then return found end
  for i, number in ipairs(call('HMGET', P .. 'lanes', unpack(names))) do
    if number then found[#found + 1] = names[i] end
  end
  return found
end

-- What the group holds, and that it was cancelled once, goes with its last lane.
local function forget_kind(group)
  if call('HEXISTS', P .. 'kinds', group) == 0 and call('HEXISTS', P .. 'cancelled', group) == 0 then return end
  if #lanes_of_group(group) > 0 then return end
  call('HDEL', P .. 'kinds', group)
  call('HDEL', P .. 'cancelled', group)
end
