-- needs: _clock
-- A lane's route and group, and the index: records name their lane by its number or, in form 1, by its name.

-- The lane without its group; a lane without one is its own route.
local function route_of(lane)
  return (string.gsub(lane, '/[^@]*', ''))
end

-- What tells a lane from its route: its group, and a mark behind it where it is of advertisements; nil for a route.
-- Behind the name of a drain or a doorbell it says for which lane that works.
local function branch_of(lane)
  return string.match(lane, '/([^@]*)')
end

-- Whether the lane is of advertisements or of a run: only then may it have hours in which it waits.
local function may_have_hours(lane)
  return string.find(lane, '~', 1, true) ~= nil
end

-- Whether the lane is of advertisements, at night too: nothing else in a name can hold the mark.
local function is_marked(lane)
  return string.find(lane, ADVERTISING, 1, true) ~= nil
end

-- nil for a route. Advertisements without a group are a group of their own.
local function group_of(lane)
  local branch = branch_of(lane)
  local group = branch and string.match(branch, '^(.-)' .. ADVERTISING .. 'n?$')
  if not group then return branch end
  return group == '' and ADVERTISING or group
end

local function service_of(lane)
  return string.match(lane, '^([^./@]+)') or ''
end

local function with_branch(route, branch)
  return (string.gsub(route, '@', '/' .. branch .. '@'))
end

local named_before = {}

-- The lane that a record names in its field `l`; nil where it names none that is known.
local function lane_named(l)
  if not l then return nil end
  local lane = named_before[l]
  if not lane then
    lane = l
    if not string.find(l, '@', 1, true) then lane = call('HGET', P .. 'lanes', '#' .. l) or nil end
    named_before[l] = lane
  end
  return lane
end

local numbers = {}

-- Gives the lane a number where it has none. A route is in the index with its first lane.
local function number_of(lane)
  local index = P .. 'lanes'
  local number = numbers[lane] or call('HGET', index, lane)
  if not number then
    local route = route_of(lane)
    if route ~= lane then number_of(route) end
    number = num(call('HINCRBY', index, 'next', 1))
    call('HSET', index, lane, number, '#' .. number, lane)
    redis.pcall('SADD', P .. 'routes', route)
  end
  numbers[lane] = number
  return number
end
