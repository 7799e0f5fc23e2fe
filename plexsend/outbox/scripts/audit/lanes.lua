-- needs: _clock, _lanes, _outlook
-- A lane's counts and the sizes of its sets in one look, and what keeps it from being looked at.

local SETS = { 'later', 'ready', 'sending', 'uncertain', 'dead' }

local function counts_of(lane)
  local counts = redis.pcall('HGETALL', lane_key(lane, 'counts'))
  return counts.err and {} or counts
end

local function sizes_of(lane)
  local sizes = {}
  for i, part in ipairs(SETS) do
    local size = redis.pcall('ZCARD', lane_key(lane, part))
    sizes[i] = type(size) == 'number' and size or -1
  end
  return sizes
end

-- Whether its messages find the lane: by the number that they have, or by its route.
local function is_indexed(lane)
  local number = call('HGET', P .. 'lanes', lane)
  return number and call('HGET', P .. 'lanes', '#' .. number) == lane
         and call('SISMEMBER', P .. 'routes', route_of(lane)) == 1
end

local function look_at_lane(lane)
  local counts, wrong = counts_of(lane), {}
  -- Errors where a key is of another type, which is reported by itself.
  local is_read, indexed = pcall(is_indexed, lane)
  -- A route is named before its first message.
  if is_read and not indexed and #counts > 0 then wrong[#wrong + 1] = 'index' end
  local is_seen, lacking = pcall(lacks, lane)
  if is_seen and lacking then wrong[#wrong + 1] = lacking end
  local busy = redis.pcall('ZCOUNT', lane_key(lane, 'drains'), latest_lease(), '+inf')
  if type(busy) == 'number' and busy > 0 then wrong[#wrong + 1] = 'late lease' end
  return { counts, sizes_of(lane), wrong }
end
