-- needs: _clock, _lanes, _policy
-- For how long receipts are waited for. An account that never had one waits for none.

-- ms of the first; nil where none ever came. A time that is ahead is from before the clock was set back: then it is not
-- known which messages came before.
local function first_receipt()
  local found = redis.pcall('HGET', P .. 'receipts', 'first')
  local first = type(found) == 'string' and number_in(found)
  return first and (first > now and 0 or first) or nil
end

local function receipt_wait_ms(service)
  return math.floor(policy('receipt_wait_h', service) * 3600000 + 0.5)
end

-- ms -> the services of the account that wait for so long, in their order.
local function receipt_waits()
  local waits, seen = {}, {}
  for _, route in ipairs(call('SMEMBERS', P .. 'routes')) do
    local service = service_of(route)
    if not seen[service] then
      seen[service] = true
      local wait_ms = receipt_wait_ms(service)
      waits[wait_ms] = waits[wait_ms] or {}
      table.insert(waits[wait_ms], service)
    end
  end
  for _, services in pairs(waits) do table.sort(services) end
  return waits
end

-- For how long records are kept for their receipts: a while longer than the longest wait, so that none is taken away
-- before a sweep has given up waiting. 0 where receipts do not come.
local function kept_for_receipts(first, waits)
  if not first then return 0 end
  local longest = 0
  for wait_ms in pairs(waits) do longest = math.max(longest, wait_ms) end
  return longest + policy_ms('reclaim_s')
end
