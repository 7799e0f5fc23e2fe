-- needs: _clock, audit/records
-- What the bodies of messages hold, where one may be wrong.

-- Bodies of the records looked at: key, lane, digest and body of each, since Redis cannot compute the digest.
local function bodies_with_digests()
  local bodies = {}
  for i = 1, #needing, 2 do
    local key, digest = ARGV[needing[i]], needing[i + 1]
    local body = redis.pcall('GET', body_of .. key)
    if type(body) ~= 'string' then
      local kind = call('TYPE', body_of .. key).ok
      note_break(key, lane_of(key), kind == 'none' and 'body gone' or 'body type', kind)
    elseif digest ~= '' then
      for _, value in ipairs({ key, lane_of(key), digest, body }) do bodies[#bodies + 1] = value end
    end
  end
  return bodies
end
