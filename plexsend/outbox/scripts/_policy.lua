-- needs: _clock
-- Policies in force: what the whole fleet agrees on, kept in `policy`. One that is missing there, or cannot be
-- read, has the default of its row. Where one call needs several, it reads them together and takes the defaults
-- from DEFAULT_<NAME>.

-- `service`: nil for a policy that holds for the whole account.
local function policy(name, service)
  local found = call('HGET', P .. 'policy', service and name .. ':' .. service or name)
  local default = string.match(POLICY_DEFAULTS, ' ' .. name .. '=(%S*)')
  if tonumber(default) then return number_in(found) or tonumber(default) end
  return found or default
end

-- One that is a time in seconds, in ms.
local function policy_ms(name, service)
  return policy(name, service) * 1000
end

-- Whether what may have been sent waits for a person in this service, and never goes again by itself.
local function parks(service)
  return policy('on_uncertain', service) == 'park'
end
