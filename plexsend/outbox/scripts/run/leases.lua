-- needs: _run_fence, arguments, run/answers
-- The lease of a run, for who feeds or prepares it, and its mark.

-- To be fed, or to be prepared.
local function may_be_leased(state)
  return state == 'running' or state == 'draft' and call('HGET', run, 'prepares') == '1'
end

-- A number above each that was ever given, also where Redis went back behind some: it is a time then.
local function take(state)
  if not may_be_leased(state) then return answer('refused', { state = state }) end
  local found = call('HMGET', run, 'lease', 'holder', 'until', 'fed')
  local before, ends = number_in(found[1]) or 0, number_in(found[3]) or 0
  if ends > now and ends <= now + RUN_LEASE_MS and found[2] ~= text then
    return answer('busy', { state = state, text = found[2] or '', until_ms = num(ends) })
  end
  local number = num(math.max(before + 1, now_us))
  local until_ms = num(now + math.min(at_ms, RUN_LEASE_MS))
  call('HSET', run, 'lease', number, 'holder', text, 'until', until_ms)
  return answer('done', { state = state, text = text, lease = number, until_ms = until_ms, previous = num(before),
                          fed = found[4] or '0' })
end

-- One that lapsed is good again, as long as no other was given.
local function renew(state)
  local is_its = number_in(call('HGET', run, 'lease')) == lease
  if not is_its or not may_be_leased(state) then return answer('fenced', { state = state }) end
  local until_ms = num(now + math.min(at_ms, RUN_LEASE_MS))
  call('HSET', run, 'until', until_ms)
  return answer('done', { state = state, lease = num(lease), until_ms = until_ms })
end

local function release(state)
  if number_in(call('HGET', run, 'lease')) ~= lease then return answer('fenced', { state = state }) end
  call('HDEL', run, 'holder', 'until')
  return answer('done', { state = state })
end

-- Rows are passed over: nothing of them is added.
local function mark(state)
  local fields = read_fence(group)
  local why = fenced_by(fields, lease, since)
  if why == 'fed' and fields.fed == fed then return answer('kept', { state = state, fed = num(fed) }) end
  if why then return answer('fenced', { state = state, text = why }) end
  call('HSET', run, 'fed', num(fed), 'skipped', num(fields.skipped + skipped))
  return answer('done', { state = state, fed = num(fed) })
end
