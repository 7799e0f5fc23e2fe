-- needs: _clock, _dates, _stats
-- On which day a time is where the account is, asked of many times in one call.

-- Times -> their days. Where the zone was never changed (offsets have one part, of full hours or quarters), times are
-- quarters of an hour, in which much of a call ended; else a person may have set another in the middle of one.
local days = {}

local function date_at(ms)
  local quarter = math.floor(ms / 900000)
  local date = days[quarter] or days[ms]
  if not date then
    date = date_of(day_number(ms))
    days[string.find(day_offsets, '^0:%-?%d*00000$') and quarter or ms] = date
  end
  return date
end
