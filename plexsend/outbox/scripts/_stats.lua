-- needs: _clock, _dates, _stats_folds
-- What is counted by day, whatever becomes of the records: messages submitted, on the day of their submit, and those
-- in each final state, on the day on which they ended first. A day is one of the account's time zone.
--
-- Lua knows no time zones: `offsets` says since when the zone is how far from UTC. Its past never changes (policy.lua
-- adds to it), so a time is of the same day whenever it is looked up, over any change of the clock or of the zone.

-- As HGET answers `offsets` of the policies. Who reads its policies together says it, else it is asked for.
local day_offsets

-- A text or hash of an older program, or of another, has none: then those that policy.lua keeps.
local function offset_at(ms)
  if day_offsets == nil then day_offsets = redis.pcall('HGET', P .. 'policy', 'offsets') end
  if type(day_offsets) ~= 'string' then day_offsets = kept_offsets() end
  local only = string.match(day_offsets, '^0:(-?%d+)$')
  if only then return tonumber(only) end
  local offset = DAY_OFFSET_MS
  for from, its in string.gmatch(day_offsets, '(%d+):(-?%d+)') do
    if tonumber(from) > ms then break end
    offset = tonumber(its)
  end
  return offset
end

-- Days since 1970 of a time, where the account is.
local function day_number(ms)
  return math.floor((ms + offset_at(ms)) / 86400000)
end

-- Day -> field -> how many came, or with a minus went; written once for each field at the end of a script.
local by_day = {}
-- Times -> their days. Where the zone was never changed (offsets have one part, of full hours or quarters), times are
-- quarters of an hour, in which much of a call ended; else a person may have set another in the middle of one.
local days = {}

-- `ms`: when it was submitted, or ended first.
local function count_by_day(ms, field, n)
  local quarter = math.floor(ms / 900000)
  local date = days[quarter] or days[ms]
  if not date then
    date = date_of(day_number(ms))
    days[string.find(day_offsets, '^0:%-?%d*00000$') and quarter or ms] = date
  end
  local fields = by_day[date]
  if not fields then
    fields = {}
    by_day[date] = fields
  end
  fields[field] = (fields[field] or 0) + n
end

-- The field of messages that ended alike.
local function counted_as(lane, state, code, carrier)
  return lane .. '|' .. state .. '|' .. code .. '|' .. carrier
end

-- Nothing here may undo what was written. A sum that is not more than what came is of a new field.
local function write_by_day()
  for date, fields in pairs(by_day) do
    local key = P .. 'stats:' .. date
    for field, n in pairs(fields) do
      local sum = n > 0 and redis.pcall('HINCRBY', key, field, n)
      if n ~= 0 and (n < 0 or sum == n or type(sum) ~= 'number') then fold_stats(date, field, n, sum) end
    end
  end
  by_day = {}
end
