-- needs: _clock, _dates
-- What is rare about the counts by day: a field that is new, one that something goes from, days that are gone.
--
-- A day has MOST_STATS fields for lanes, states, codes and carriers as they are. What is new beyond them counts in that
-- of its route, `*` in place of the group, and beyond half as many again also without code and carrier: those
-- are as few as routes and states. So the sums of a service, a state and a day are always whole.

-- The fields in which a message may be counted, in the order in which they are tried.
local function places_of(field)
  local lane, state, rest = string.match(field, '^([^|]*)|(%l+)(.*)$')
  local route = string.gsub(lane, '/[^@]*', '/*')
  local names = { field }
  if route ~= lane then names[2] = route .. '|' .. state .. rest end
  if rest ~= '' then names[#names + 1] = route .. '|' .. state .. '|*|*' end
  return names, state
end

-- What is in no day: it ended before days were counted, or its day is gone.
local function count_without_day(state, n)
  redis.pcall('HINCRBY', P .. 'stats', 'b:' .. state, num(n))
end

-- Whether the day was taken away, and what still comes of it is not to make it anew. `first`: the oldest kept.
local function is_day_gone(date)
  local first = tonumber(redis.pcall('HGET', P .. 'stats', 'first') or nil)
  return first and date < date_of(first)
end

local function write_new(key, names, n)
  for i = 2, #names do
    if call('HLEN', key) <= (i == 2 and MOST_STATS or MOST_STATS * 1.5) then return end
    local sum = redis.pcall('HINCRBY', key, names[i], num(n))
    -- Where another program spoilt the wider one, it stays where it is.
    if type(sum) ~= 'number' then return end
    call('HDEL', key, names[i - 1])
    if sum ~= n then return end
  end
end

local function take_away(key, names, n)
  for _, name in ipairs(names) do
    local held = redis.pcall('HGET', key, name)
    held = type(held) == 'string' and number_in(held)
    if held and held >= -n and type(redis.pcall('HINCRBY', key, name, num(n))) == 'number' then return true end
  end
  return false
end

-- `n`, of which `sum` became a field (or an error); one that went is not taken away yet.
local function fold_stats(date, field, n, sum)
  local key = P .. 'stats:' .. date
  local names, state = places_of(field)
  if n < 0 then
    if not take_away(key, names, n) then count_without_day(state, n) end
    return
  end
  if type(sum) == 'table' then
    -- What another program put there is put aside, and audit names it. A count that is not a number stays, and
    -- audit reports that the sums differ.
    if not string.find(sum.err, 'WRONGTYPE', 1, true) then return end
    call('RENAME', key, P .. 'spoilt:stats:' .. date)
    call('HINCRBY', key, field, num(n))
  end
  if is_day_gone(date) then
    call('HDEL', key, field)
    count_without_day(state, n)
  else
    write_new(key, names, n)
  end
end
