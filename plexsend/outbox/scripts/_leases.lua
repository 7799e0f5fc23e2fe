-- needs: _clock
-- Who works on a lane: drains with a lease, and doorbells that travel.

-- Drains and doorbells that have not lapsed, and how many of them are doorbells.
local function running(lane)
  local drains = lane_key(lane, 'drains')
  call('ZREMRANGEBYSCORE', drains, '-inf', now_text)
  local members, bells = call('ZRANGE', drains, 0, -1), 0
  for _, member in ipairs(members) do
    if string.sub(member, 1, 5) == 'bell:' then bells = bells + 1 end
  end
  return #members, bells
end
