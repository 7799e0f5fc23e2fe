-- needs: _clock, _days, _stats, _stats_folds
-- What is counted on any day, and taken from one: gathered, and written once for each field at the end of a script.

-- `ms`: when it was submitted, or ended first.
local function count_by_day(ms, field, n)
  local date = date_at(ms)
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
