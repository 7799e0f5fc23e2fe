-- needs: _clock
-- Policies in force: what the whole fleet agrees on, kept in `policy`. One that is missing there, or cannot be
-- read, has the default of its row. Where one call needs several, it reads them together and takes the defaults
-- from DEFAULT_<NAME>.

-- That of a service where it has one of its own, else that of all.
local function default_of(field, name)
  local _, own = string.find(POLICY_DEFAULTS, ' ' .. field .. '=', 1, true)
  return own and string.match(POLICY_DEFAULTS, '^%S*', own + 1) or string.match(POLICY_DEFAULTS, ' ' .. name .. '=(%S*)')
end

-- `service`: nil for a policy that holds for the whole account.
local function policy(name, service)
  local field = service and name .. ':' .. service or name
  local found = call('HGET', P .. 'policy', field)
  local default = default_of(field, name)
  if tonumber(default) then return number_in(found) or tonumber(default) end
  return found or default
end

-- One that is a time in seconds, in ms.
local function policy_ms(name, service)
  return policy(name, service) * 1000
end

-- What becomes of what may have been sent in this service: `park`, `resend`, or `receipt` and for how many ms.
local function when_uncertain(service)
  local found = policy('on_uncertain', service)
  return found, found == 'receipt' and policy_ms('uncertain_wait_s', service) or 0
end
