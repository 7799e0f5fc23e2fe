-- needs: _clock, _lanes, arguments
-- The keys of the lane and of the route that this call is about, and the token of what it takes.

local ready, later = lane_key(lane, 'ready'), lane_key(lane, 'later')
-- What all lanes of a route share: who works on it, the numbers of its takes.
local route = route_of(lane)
local drains, takes = lane_key(route, 'drains'), lane_key(route, 'takes')
local token = drain .. '.' .. num(sequence)

-- The last take of the route of which something was accepted; settling and taking share what was read.
local known_ok_take

local function last_ok_take()
  known_ok_take = known_ok_take or call('HGET', lane_key(route, 'counts'), 'ok') or '0'
  return known_ok_take
end

-- Other lanes to which something came back: this drain does not take it again.
local came_back = {}

-- In one table: a function can name sixty things of those around it.
local sender = { fingerprint = fingerprint, product = product, url = url, refused = refused, declined_ms = DECLINED_MS }
