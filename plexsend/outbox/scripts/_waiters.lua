-- needs: _clock
-- The drain that waits for permits of a service with its lease kept, as the lane's place in the line names it.

-- How long before its permits are there a lane is rung for: a doorbell takes 5 to 50 ms, in which the rate would go
-- unused. Less than a drain stays with its lease kept.
local RING_AHEAD_MS = 50

local function fair_key(service)
  return P .. service .. ':fair'
end

-- A drain that goes away waits no longer; its lane keeps the place.
local function stop_waiting(lane, service, drain)
  local text = call('HGET', fair_key(service), lane)
  if text and string.sub(text, -#drain - 1) == ' ' .. drain then
    call('HSET', fair_key(service), lane, string.sub(text, 1, -#drain - 1))
  end
end
