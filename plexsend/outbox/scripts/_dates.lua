-- needs: nothing
-- Dates of the calendar.

-- YYYYMMDD of days since 1970, until February 2100. Years begin in March here, so that the leap day is the last of
-- four of them.
local function date_of(days)
  local floor = math.floor
  -- From March 1968 on.
  local since = days + 671
  local fours = floor(since / 1461)
  local of_fours = since - fours * 1461
  local years = floor((of_fours - floor(of_fours / 1460)) / 365)
  local of_year = of_fours - 365 * years
  local month = floor((5 * of_year + 2) / 153)
  local day = of_year - floor((153 * month + 2) / 5) + 1
  local year = 1968 + 4 * fours + years
  if month < 10 then return string.format('%d%02d%02d', year, month + 3, day) end
  return string.format('%d%02d%02d', year + 1, month - 9, day)
end
