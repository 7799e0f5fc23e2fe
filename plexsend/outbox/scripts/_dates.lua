-- needs: nothing
-- Dates of the calendar.

-- YYYYMMDD of days since 1970: years begin in March here, so that the leap day is the last of one.
local function date_of(days)
  local floor = math.floor
  local since = days + 719468
  local era = floor(since / 146097)
  local of_era = since - era * 146097
  local years = floor((of_era - floor(of_era / 1460) + floor(of_era / 36524) - floor(of_era / 146096)) / 365)
  local of_year = of_era - 365 * years - floor(years / 4) + floor(years / 100)
  local month = floor((5 * of_year + 2) / 153)
  local day = of_year - floor((153 * month + 2) / 5) + 1
  local year = era * 400 + years
  if month < 10 then return string.format('%04d%02d%02d', year, month + 3, day) end
  return string.format('%04d%02d%02d', year + 1, month - 9, day)
end
