-- needs: _clock, _dates, _stats, _stats_folds
-- What is counted on any day, and taken from one: gathered, and written once for each field at the end of a script.

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
  by_day = by_day or {}
  local fields = by_day[date]
  if not fields then
    fields = {}
    by_day[date] = fields
  end
  fields[field] = (fields[field] or 0) + n
end

-- As for add_to_today; what went is not taken away yet.
local function write_by_day()
  for date, fields in pairs(by_day) do
    local key = P .. 'stats:' .. date
    for field, n in pairs(fields) do
      local sum = n > 0 and redis.pcall('HINCRBY', key, field, n)
      if n ~= 0 and (n < 0 or sum == n or type(sum) ~= 'number') then fold_stats(date, field, n, sum) end
    end
  end
  by_day = nil
end
