-- needs: _clock, _lanes, arguments;
-- figures: what lanes of an account counted, added up for each service, and the lanes in which something waits. Writes
-- nothing. Reads of the lanes named: counts, ready.
--
-- Its arguments are in arguments.py; after them the names of more lanes. Answers for each service {name, {lane, µs at
-- which the message that waits longest became ready, messages that wait, lane ...}, field, sum, field, sum ...}. What
-- another program spoilt counts as nothing.

local sums, waiting, order = {}, {}, {}

-- Answers how many messages of the lane wait.
local function add_counts(sum, name)
  local fields = redis.pcall('HGETALL', lane_key(name, 'counts'))
  local its = 0
  for i = 1, fields.err and 0 or #fields, 2 do
    local n = number_in(fields[i + 1]) or 0
    sum[fields[i]] = (sum[fields[i]] or 0) + n
    if fields[i] == 's:waiting' then its = n end
  end
  return its
end

local function note_waiting(its_lanes, name, messages)
  local first = redis.pcall('ZRANGE', lane_key(name, 'ready'), 0, 0, 'WITHSCORES')
  local position = not first.err and number_in(first[2])
  if not position or position >= LARGEST_NUMBER then return end
  local at = #its_lanes
  its_lanes[at + 1], its_lanes[at + 2], its_lanes[at + 3] = name, num(position), num(messages)
end

local function add_lane(name)
  local service = service_of(name)
  if not sums[service] then
    sums[service], waiting[service] = {}, {}
    order[#order + 1] = service
  end
  note_waiting(waiting[service], name, add_counts(sums[service], name))
end

add_lane(lane)
for i = FIRST_REST, #ARGV do add_lane(ARGV[i]) end

local answer = {}
for i, service in ipairs(order) do
  local row = { service, waiting[service] }
  for field, sum in pairs(sums[service]) do
    row[#row + 1] = field
    row[#row + 1] = num(sum)
  end
  answer[i] = row
end
return answer
