-- needs: _record, _lanes, _policy, _receipt_wait, sweep/leader, sweep/retention, sweep/overdue
-- Messages that the gateway accepted and whose receipt did not come in time: nobody knows what became of them.
--
-- What ended is in a list in that order. Each wait has a cursor in it, kept in `sweep`: the place of the next entry,
-- counted from the first that ever was; the services that it is for; and the key of the entry before it. Where the list
-- is not as it was, or the services are others, it begins anew, which costs time and nothing else.

local function read_cursor(text, services, trimmed)
  local place, of, key = string.match(text or '', '^(%d+) (%S+) (.*)$')
  if not place or of ~= services then return 0, nil end
  return math.max(0, tonumber(place) - trimmed), key
end

local function key_of(entry)
  return entry and string.match(entry, '^%d+:(.*)$')
end

-- The entries from a place on, MOST_TIDIED at most, and that place. `before`: the key of the entry in front of it.
local function entries_from(list, place, before)
  if place > 0 then
    local found = call('LRANGE', list, num(place - 1), num(place + MOST_TIDIED - 1))
    if key_of(table.remove(found, 1)) == before then return found, place end
  end
  return call('LRANGE', list, 0, MOST_TIDIED - 1), 0
end

-- The time of the end stays, so the time of what is published about it is written down beside it. A receipt which only
-- proved that the key was taken does not say what became of the message; its history has it.
local function give_up(at, key, services)
  local found = read_record(key, 's', 'e', 'l', 'w')
  if found[1] ~= 'accepted' or found[2] ~= at then return end
  local lane = lane_named(found[3])
  if not lane or not services[service_of(lane)] then return end
  if found[4] then call('HDEL', record_of .. key, 'w') end
  move(lane, key, 'accepted', 'no_receipt', now, { 'r', now_text })
end

-- Answers whether more of the list may be due. `since`: what ended before is of a time without receipts.
local function look_through_list(list, wait_ms, names, since)
  local joined, name, services = table.concat(names, ','), string.sub(list, #P + 1), {}
  for _, service in ipairs(names) do services[service] = true end
  local field = 'unheard ' .. num(wait_ms) .. ' ' .. name
  local trimmed = trimmed_off(list)
  local entries, place = entries_from(list, read_cursor(call('HGET', P .. 'sweep', field), joined, trimmed))
  local looked, last = 0, nil
  for _, entry in ipairs(entries) do
    local at, key = string.match(entry, '^(%d+):(.*)$')
    if at and tonumber(at) > now then
      end_now(list, at, key)
    elseif at and tonumber(at) + wait_ms > now then
      break
    elseif at and tonumber(at) > since then
      give_up(at, key, services)
    end
    looked, last = looked + 1, key or ''
  end
  if looked > 0 then call('HSET', P .. 'sweep', field, num(place + looked + trimmed) .. ' ' .. joined .. ' ' .. last) end
  return looked == MOST_TIDIED
end

local function is_due()
  local next_look = number_in(sweep_state[8])
  -- One further ahead than any that is given comes from before the clock was set back.
  return not next_look or next_look <= now or next_look > now + UNHEARD_EVERY_MS
end

-- After a gap receipts may be on their way, which are tried again and again.
local function look_for_unheard()
  if now < quiet or not is_due() then return false end
  local more = make_what_is_overdue()
  local first, waits = first_receipt(), nil
  if first then
    waits = receipt_waits()
    for wait_ms, services in pairs(waits) do
      more = look_through_list(P .. 'ended', wait_ms, services, first - wait_ms) or more
    end
  end
  call('HSET', P .. 'sweep', 'unheard', num(more and now or now + UNHEARD_EVERY_MS), 'waits',
       num(kept_for_receipts(first, waits)))
  return more
end

-- Records of form 1 that ended are in a list of their lane.
local function look_for_unheard_of(lane)
  local list = lane_key(lane, 'ended')
  local first = now >= quiet and call('EXISTS', list) == 1 and first_receipt()
  if not first then return end
  local wait_ms = receipt_wait_ms(service_of(lane))
  look_through_list(list, wait_ms, { service_of(lane) }, first - wait_ms)
end
