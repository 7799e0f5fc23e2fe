-- needs: _clock, _dates, _stats, _stats_folds
-- What most calls count by day: what was submitted or accepted just now.

local today

-- Nothing here may undo what was written. A sum that is not more than what came is of a new field.
local function add_to_today(field, n)
  today = today or date_of(day_number(now))
  local sum = redis.pcall('HINCRBY', P .. 'stats:' .. today, field, n)
  if sum == n or type(sum) ~= 'number' then fold_stats(today, field, n, sum) end
end
