-- needs: _clock
-- What follows where a call failed because another program put something else where a key of the outbox belongs.

-- Looks at the types of the keys that a call may touch. What can be made anew is put aside under a name of its own,
-- and the routes are looked at at once; what cannot is left for a person. Answers the first key that is left, and
-- those that were put aside.
local function find_spoilt(scope, lanes, group)
  local left, aside = nil, {}
  local function look(listed, start, behind)
    for name, wanted, is_left in string.gmatch(listed, '(%S+)=(%l+)(!?)') do
      local key = start .. name .. (behind or '')
      local found = call('TYPE', key).ok
      if found ~= 'none' and found ~= wanted then
        if is_left == '!' then
          left = left or key
        else
          call('RENAME', key, P .. 'spoilt:' .. string.sub(key, #P + 1))
          aside[#aside + 1] = key
        end
      end
    end
  end
  look(scope, P)
  for lane in pairs(lanes) do
    look(LANE_KEYS, P .. lane .. ':')
    look(LANE_KEYS, P .. string.gsub(lane, '/[^@]*', '') .. ':')
    look(SERVICE_KEYS, P .. string.match(lane, '^[^./@]*') .. ':')
    group = group or string.match(lane, '/([^@~]*~%d+)')
  end
  if group then look(RUN_KEYS, P, ':' .. group) end
  if #aside > 0 and scope == ACCOUNT_KEYS then
    for _, route in ipairs(call('SMEMBERS', P .. 'routes')) do call('ZADD', P .. 'wake', now_text, route) end
  end
  return left, aside
end

-- Answers {'spoilt key', the key that is left, whether verdicts were written, keys that were put aside ...}. The caller
-- may make the same call again once any was put aside. `lane`, `group`: of the call, where it is about one; `failure` may name
-- more as keys of `lanes`, and that the verdicts were written before, as `is_settled`. Of an error of Redis, Redis itself
-- makes a table with `err`, Valkey a text.
local function failed(failure, scope, lane, group)
  failure = type(failure) == 'table' and failure or { reason = tostring(failure) }
  local reason, lanes = failure.reason or failure.err, failure.lanes or {}
  if lane then lanes[lane] = true end
  if string.find(reason, 'WRONGTYPE', 1, true) then
    local left, aside = find_spoilt(scope, lanes, group)
    if left or #aside > 0 then
      return { 'spoilt key', left or '', failure.is_settled and '1' or '0', unpack(aside) }
    end
  end
  return { err = reason }
end
