-- needs: _clock, _hex, _lanes, arguments
-- What submit writes of a message's fallback beside its text.

-- ms after the acceptance at which a fallback is made without a receipt: of its item, else of the policy, read once.
local after_ms_in_force

local function made_after_ms(kept)
  local own = number_in(string.match(kept, '^%x+ (%d+)')) or 0
  if own == 0 and not after_ms_in_force then
    local text = redis.pcall('HGET', P .. 'policy', 'fallback_after_s:' .. service_of(lane))
    after_ms_in_force = (type(text) == 'string' and number_in(text) or DEFAULT_FALLBACK_AFTER_S) * 1000
  end
  return own > 0 and own or after_ms_in_force
end

-- What tells a fallback from another of the same message.
local function identity_of(kept)
  return from_hex(string.match(kept, '^%x+') or '')
end

-- Adds what a record says of the fallback that is kept beside it. One with a time is not of the straight way.
local function add_fallback(fields, kept)
  local after_ms = made_after_ms(kept)
  fields[#fields + 1] = 'a'
  fields[#fields + 1] = identity_of(kept)
  fields[#fields + 1] = 'b'
  fields[#fields + 1] = after_ms > 0 and FALLBACK_KEPT .. ' ' .. num(after_ms) or FALLBACK_KEPT
  if after_ms > 0 then
    fields[#fields + 1] = 'f'
    fields[#fields + 1] = FALLBACK_TIMED
  end
end
