-- needs: _clock, _lanes, arguments
-- The keys of the lane that this call is about, and the token of what it takes.

local ready, later, sending = lane_key(lane, 'ready'), lane_key(lane, 'later'), lane_key(lane, 'sending')
local drains, takes = lane_key(lane, 'drains'), lane_key(lane, 'takes')
local route = route_of(lane)
local token = drain .. '.' .. num(sequence)

-- In one table: a function can name sixty things of those around it.
local sender = { fingerprint = fingerprint, product = product, url = url, refused = refused, declined_ms = DECLINED_MS }
