-- needs: _clock, _lanes
-- The routes of the account, of which there are few: what all lanes share hangs on them.

-- As keys of a table. A route that an older program uses is in no index yet; it has a wake.
local function all_routes()
  local routes = {}
  for _, route in ipairs(call('SMEMBERS', P .. 'routes')) do routes[route] = true end
  for _, route in ipairs(call('ZRANGE', P .. 'wake', 0, -1)) do routes[route] = true end
  return routes
end
