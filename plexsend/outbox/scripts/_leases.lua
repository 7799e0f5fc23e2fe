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

-- The drain that waits for permits with its lease kept, or nil. One for each lane is enough to
-- lose no permit while a doorbell travels, and more would compete.
local function permit_waiter(lane)
  local drain, gives_up = string.match(call('HGET', lane_key(lane, 'takes'), '*') or '', '^(%S+) (%d+)$')
  return drain and tonumber(gives_up) > now and drain or nil
end
