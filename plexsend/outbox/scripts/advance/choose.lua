-- needs: _record, _policy, _lanes, arguments, advance/names, advance/suppressed
-- Which messages go next: those due come to `ready`, then the first that may share a request are chosen.

-- A message keeps the position it once had.
local function mature(lane, most)
  local later = lane_key(lane, 'later')
  for place, key in ipairs(call('ZRANGEBYSCORE', later, '-inf', now_text, 'LIMIT', 0, most)) do
    local found = read_record(key, 's', 'p')
    if found[1] == 'scheduled' then
      local p = number_in(found[2]) or now_us + place - 1
      move(lane, key, 'scheduled', 'due', p, { 'p', num(p) })
    else
      call('ZREM', later, key)
    end
  end
end

-- Why a message that may have been sent must not go again, by the policy on_uncertain; or nil, and the ms until which
-- it is to wait for its receipt. `first`: ms of its first uncertain try.
local function barred_by_policy(first)
  local found, wait_ms = when_uncertain(service)
  if found == 'park' then return 'parked, as the policy on_uncertain asks' end
  if found ~= 'receipt' then return nil end
  if first + wait_ms > now then return nil, first + wait_ms end
  if policy('uncertain_then', service) == 'resend' then return nil end
  return 'parked, as no receipt came in the time of the policy uncertain_wait_s'
end

-- Why a message that may have been sent must not go again, or nil, and until when it is to wait. The policies may have
-- become stricter since it was given a second try. One that a person had sent again begins anew: it has neither field.
local function barred(key, flags)
  if not has(flags, MAY_HAVE_BEEN_SENT) then return nil end
  local found = read_record(key, 'u', 'g')
  local until_ms, first = found[1], number_in(found[2])
  if first then
    local bar, waits_until = barred_by_policy(first)
    if bar or waits_until then return bar, waits_until end
  end
  if not until_ms then return nil end
  local is_old = (tonumber(until_ms) or 0) <= now or first and first + policy_ms('resend_within_s') <= now
  return is_old and 'its first try is older than the policy resend_within_s allows' or nil
end

local function expire(lane, key, flags)
  if has(flags, MAY_HAVE_BEEN_SENT) then
    move(lane, key, 'waiting', 'park', now, nil)
    note(key, 'park', '', 'expired, but it may have been sent')
  else
    move(lane, key, 'waiting', 'expire', 0, nil)
  end
end

-- Whether there is a record that waits, under a key that can be answered to. Only another program or a restored
-- backup leaves anything else here: it goes out of `ready`, and audit names it.
local function is_whole(key, facts)
  return facts[1] == 'waiting' and is_plain(key)
end

-- Whether a message's number must be looked up. Whether any is suppressed for more than advertisements is read with the
-- policies.
local function is_judged(lane)
  return in_force[10] == '1' or is_marked(lane)
end

-- Looks through `ready` in order. Expired messages are settled on the way. A message that goes alone is chosen
-- by itself if it is in front; a probe prefers one that does not.
local function look_through(lane, most, probing)
  local ready, chosen, alone, offset = lane_key(lane, 'ready'), {}, nil, 0
  -- The hash of the number is read along where it is needed: apart it would cost as much as the look-up itself.
  local hash_too = is_judged(lane)
  for _ = 1, 5 do
    local keys = call('ZRANGE', ready, offset, offset + most + 9)
    if #keys == 0 then break end
    for _, key in ipairs(keys) do
      local facts = hash_too and read_record(key, 's', 'v', 'f', 'z', 'i') or read_record(key, 's', 'v', 'f', 'z')
      local flags = facts[3]
      local bar, waits_until
      if flags and flags ~= '' then bar, waits_until = barred(key, flags) end
      if not is_whole(key, facts) then
        call('ZREM', ready, key)
      elseif facts[4] and (tonumber(facts[4]) or math.huge) <= now then
        expire(lane, key, flags)
      elseif bar then
        move(lane, key, 'waiting', 'park', now, nil)
        note(key, 'park', '', bar)
      elseif waits_until then
        move(lane, key, 'waiting', 'postpone', waits_until, nil)
      elseif has(flags, ALONE) then
        if #chosen == 0 and not alone then
          alone = { key = key, facts = facts, lane = lane }
          if not probing then return { alone } end
        end
        offset = offset + 1
      else
        chosen[#chosen + 1] = { key = key, facts = facts, lane = lane }
        offset = offset + 1
        if #chosen == most then return chosen end
      end
    end
  end
  if #chosen == 0 and alone then return { alone } end
  return chosen
end

-- Adds the bodies to what was chosen; a message without one ends. Answers whether all had theirs.
local function add_bodies(chosen)
  local names = {}
  for i, message in ipairs(chosen) do names[i] = body_of .. message.key end
  local found, whole = call('MGET', unpack(names)), true
  for i, message in ipairs(chosen) do
    message.body = found[i]
    if not found[i] then
      local event = has(message.facts[3], MAY_HAVE_BEEN_SENT) and 'park' or 'fail'
      move(message.lane, message.key, 'waiting', event, now, { 'c', 'NO_BODY' })
      note(message.key, event, 'NO_BODY', 'the body is missing in Redis')
      whole = false
    end
  end
  return whole
end

local function choose(lane, most, probing)
  for _ = 1, 5 do
    local chosen = look_through(lane, most, probing)
    if #chosen == 0 or add_bodies(chosen) and (not is_judged(lane) or none_suppressed(chosen, lane)) then
      return chosen
    end
  end
  return {}
end
