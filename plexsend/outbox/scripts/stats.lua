-- needs: _clock, _here, arguments; _lanes, _dates, _stats, _stats_folds
-- stats: keeps the counts by day. Touches p{a}:stats, stats:<day>; reads lanes and the counts of lanes.
-- act:
--   keep: takes away the days that are older than STATS_MONTHS, at most MOST_STATS_DAYS of them. Where nobody counted
--         by day yet, it takes stock (see there) once an hour has passed since the first look: programs that
--         do not count by day have ended by then.
--   stock: takes stock at once.
-- Answers {'kept', more to take away (0 or 1)}, {'stocked'}, or {'many'} where the account has too many lanes for it.

if not is_here then return { 'moved' } end

local book = P .. 'stats'
-- States are in none of these: `submitted` is counted beside them.
local counted_states = { 'submitted' }
for state in string.gmatch(TRANSITIONS, ' archive:(%l+)>') do counted_states[#counted_states + 1] = state end

-- Adds what a day holds to sums by state.
local function add_up(date, sums, sign)
  local all = redis.pcall('HGETALL', P .. 'stats:' .. date)
  for i = 1, all.err and 0 or #all, 2 do
    local state = string.match(all[i], '^[^|]*|(%l+)')
    if state then sums[state] = (sums[state] or 0) + sign * (tonumber(all[i + 1]) or 0) end
  end
end

-- The oldest day that there can be: it is remembered, so none is looked for. In another zone it may be the day before.
local function first_day()
  local found = call('HMGET', book, 'first', 'since')
  local since = tonumber(found[2] or nil)
  return tonumber(found[1] or nil) or (since and day_number(since) or day_number(now)) - 1
end

-- Before anybody took stock: of what ended long ago receipts may have come.
local function first_with_counts()
  for day = day_number(now) - STATS_MONTHS * 31, day_number(now) do
    if call('EXISTS', P .. 'stats:' .. date_of(day)) == 1 then return day end
  end
  return day_number(now) - 1
end

-- What lanes counted and no day has, because it ended before days were counted: so the sums of days and this are
-- those of the lanes from now on, whatever happens. What ended in lanes that are over is in their route's counts.
local function take_stock()
  local lanes, sums, fields = call('HKEYS', P .. 'lanes'), {}, {}
  if #lanes > 2 * MOST_STOCKED + 1 then return false end
  for i, state in ipairs(counted_states) do
    sums[state] = 0
    fields[2 * i - 1] = i == 1 and state or string.format('s:%s', state)
    fields[2 * i] = i == 1 and '-' or string.format('a:%s', state)
  end
  for _, lane in ipairs(lanes) do
    local found = string.find(lane, '@', 1, true) and redis.pcall('HMGET', lane_key(lane, 'counts'), unpack(fields)) or {}
    for i, state in ipairs(found.err and {} or counted_states) do
      sums[state] = sums[state] + (tonumber(found[2 * i - 1] or nil) or 0) + (tonumber(found[2 * i] or nil) or 0)
    end
  end
  local first = call('HEXISTS', book, 'since') == 1 and first_day() or first_with_counts()
  for day = first, day_number(now) + 1 do add_up(date_of(day), sums, -1) end
  call('HSET', book, 'since', now_text, 'first', num(first))
  for state, n in pairs(sums) do call('HSET', book, 'b:' .. state, num(n)) end
  call('HDEL', book, 'asked')
  return true
end

local function month_of(date)
  return tonumber(string.sub(date, 1, 4)) * 12 + tonumber(string.sub(date, 5, 6))
end

-- What its days held is no day's from now on. Whole months go. Answers whether there are more.
local function take_old_away()
  local first, last = first_day(), day_number(now)
  local kept_from, sums, gone = month_of(date_of(last)) - STATS_MONTHS, {}, 0
  while first < last and gone < MOST_STATS_DAYS and month_of(date_of(first)) < kept_from do
    local date = date_of(first)
    add_up(date, sums, 1)
    call('DEL', P .. 'stats:' .. date)
    first, gone = first + 1, gone + 1
  end
  for state, n in pairs(sums) do count_without_day(state, n) end
  call('HSET', book, 'first', num(first))
  return gone == MOST_STATS_DAYS
end

if act == 'stock' then return { take_stock() and 'stocked' or 'many' } end
if call('HEXISTS', book, 'since') == 0 then
  call('HSETNX', book, 'asked', now_text)
  local asked = tonumber(call('HGET', book, 'asked')) or now
  -- A time that is ahead is from before the clock was set back.
  if now - asked < STOCK_AFTER_MS and asked <= now or not take_stock() then return { 'kept', '0' } end
end
return { 'kept', take_old_away() and '1' or '0' }
