-- needs: _clock, _lanes, arguments
-- The keys of the lane and of the route that this call is about, and the token of what it takes.

local ready, later = lane_key(lane, 'ready'), lane_key(lane, 'later')
-- What all lanes of a route share: who works on it, the numbers of its takes.
local route = route_of(lane)
local drains, takes = lane_key(route, 'drains'), lane_key(route, 'takes')
local token = drain .. '.' .. num(sequence)

-- Of the route: the last take of which something was accepted, the last take, how many messages went. Settling and
-- taking share what was read.
local known_takes

local function route_takes()
  if not known_takes then
    local found = call('HMGET', lane_key(route, 'counts'), 'ok', 'takes', 'went')
    known_takes = { ok = found[1] or '0', last = number_in(found[2]) or 0, went = number_in(found[3]) or 0 }
  end
  return known_takes
end

-- Messages of which the server forgot the take, and whose verdict came with this call.
local recalled = 0

-- Other lanes to which something came back: this drain does not take it again.
local came_back = {}

-- In one table: a function can name sixty things of those around it.
local sender = { fingerprint = fingerprint, product = product, url = url, refused = refused, declined_ms = DECLINED_MS }
