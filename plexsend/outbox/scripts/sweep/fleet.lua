-- needs: _wake, arguments, sweep/leases
-- What the fleet decides for the account: the gateway's addresses, and which services are served.

local FIRST_ADDRESS = FIRST_GONE + gone_count
local FIRST_NAMED = FIRST_ADDRESS + address_count * ADDRESS_LENGTH

-- The first worker's address counts until a person sets another. Answers product, address of those in force.
local function agree_on_addresses()
  local known, agreed = call('HGETALL', P .. 'urls'), {}
  for i = 1, #known, 2 do agreed[known[i]] = known[i + 1] end
  local answer, firsts, names = {}, {}, {}
  for i = 0, address_count - 1 do
    local first = read_address(FIRST_ADDRESS + i * ADDRESS_LENGTH)
    firsts[#firsts + 1], names[#names + 1] = first, 'gateway_url.' .. first.product
  end
  local by_a_person = #names > 0 and call('HMGET', P .. 'policy', unpack(names))
  for i, first in ipairs(firsts) do
    if not agreed[first.product] and first.url ~= '' then
      call('HSET', P .. 'urls', first.product, first.url)
      agreed[first.product] = first.url
    end
    answer[#answer + 1] = first.product
    answer[#answer + 1] = by_a_person[i] or agreed[first.product] or ''
  end
  return answer
end

-- Lanes of services that nobody served until now were put to sleep: they are looked at again.
local function wake_fresh(services)
  local any = false
  for _, service in pairs(services) do any = any or service.is_fresh end
  if not any then return end
  for _, lane in ipairs(call('ZRANGE', P .. 'wake', 0, -1)) do
    local service = services[string.match(lane, '^([^./@]+)')]
    if service and service.is_fresh then wake_by(lane, now) end
  end
end
