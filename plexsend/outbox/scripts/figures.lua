-- needs: _clock, _lanes, arguments;
-- figures: what lanes of an account counted, added up for each service, and since when the first message waits in any
-- of them. Writes nothing. Reads of the lanes named: counts, ready.
--
-- Its arguments are in arguments.py; after them the names of more lanes. Answers for each service {name, µs at which
-- the message that waits longest became ready (empty: none waits), field, sum, field, sum ...}. What another program
-- spoilt counts as nothing.

local sums, oldest, order = {}, {}, {}

local function add_counts(sum, name)
  local fields = redis.pcall('HGETALL', lane_key(name, 'counts'))
  if fields.err then return end
  for i = 1, #fields, 2 do
    sum[fields[i]] = (sum[fields[i]] or 0) + (number_in(fields[i + 1]) or 0)
  end
end

local function note_first(service, name)
  local first = redis.pcall('ZRANGE', lane_key(name, 'ready'), 0, 0, 'WITHSCORES')
  local position = not first.err and number_in(first[2])
  if position and position < (oldest[service] or LARGEST_NUMBER) then oldest[service] = position end
end

local function add_lane(name)
  local service = service_of(name)
  if not sums[service] then
    sums[service] = {}
    order[#order + 1] = service
  end
  add_counts(sums[service], name)
  note_first(service, name)
end

add_lane(lane)
for i = FIRST_REST, #ARGV do add_lane(ARGV[i]) end

local answer = {}
for i, service in ipairs(order) do
  local row = { service, oldest[service] and num(oldest[service]) or '' }
  for field, sum in pairs(sums[service]) do
    row[#row + 1] = field
    row[#row + 1] = num(sum)
  end
  answer[i] = row
end
return answer
