-- needs: _record, _lanes, _holds, _hold_writing, _wake, arguments, advance/names, advance/policies, advance/settle, advance/gap
-- The batch that is taken: how it is written down and answered.

-- A caller hears once which server this is, and again where the account began anew.
local began_anew = false

local function here_of_caller()
  local here = (seen == '' or began_anew) and redis.pcall('GET', P .. 'here')
  return type(here) == 'string' and here or ''
end

-- The fields n y g o x, joined, and the flags: nothing for most messages, which never had trouble and so no flag.
local function troubles_of(key, flags)
  if not flags or flags == '' then return '' end
  local found = read_record(key, 'n', 'y', 'g', 'o', 'x')
  for i = 1, 5 do found[i] = found[i] or '' end
  found[6] = flags
  return table.concat(found, '|')
end

local function answer_message(answer, key, body, facts)
  local at = #answer
  answer[at + 1], answer[at + 2], answer[at + 3] = key, body, facts[2] or ''
  answer[at + 4] = troubles_of(key, facts[3])
end

-- Those of one lane are neighbours in `chosen`, those of this lane in front: what another program may have put in
-- place of its `sending` fails before anything is written, and of the others it is known already (see fill).
-- Answers the numbers of the lanes beside this one, joined.
local function move_to_sending(chosen, deadline)
  local numbers, at = {}, 1
  while at <= #chosen do
    local from, keys, scores, n = chosen[at].lane, {}, {}, 0
    local message = chosen[at]
    while message and message.lane == from do
      n = n + 1
      keys[n], scores[2 * n - 1], scores[2 * n] = message.key, deadline, message.key
      message = chosen[at + n]
    end
    at = at + n
    call('ZADD', lane_key(from, 'sending'), unpack(scores))
    call('ZREM', lane_key(from, 'ready'), unpack(keys))
    moved(from, 'waiting', target('take', 'waiting'), n)
    if from ~= lane then
      numbers[#numbers + 1] = number_of(from)
      -- Nothing is left to ring for.
      if call('EXISTS', lane_key(from, 'ready')) == 0 then sleep_until(from, nil) end
    end
  end
  return table.concat(numbers, ',')
end

local function write_take(chosen, probes)
  -- Written down before anything is sent, and remembered by the caller: so a server that goes back is known by it.
  local known = route_takes()
  local take, went, ok_take = known.last + 1, known.went + #chosen, known.ok
  local others = move_to_sending(chosen, num(now + reclaim_ms))
  local to = target('take', 'waiting')
  call('HSET', lane_key(route, 'counts'), 'takes', num(take), 'went', num(went))
  local probe = #probes > 0 and 'probe' or ''
  local answer = answer_of({ status = 'taken', ms = now_text, reason = probe, token = token,
                             take = num(take), ok_take = ok_take, epoch = policy_epoch,
                             went = num(went - unsent), here = here_of_caller() })
  for _, message in ipairs(chosen) do
    call('HSET', record_of .. message.key, 's', to, 'k', token)
    if message.gap then note_advertised(message.gap) end
    answer_message(answer, message.key, message.body, message.facts)
  end
  for _, field in ipairs(probes) do
    local hold = read_hold(call('HGET', P .. 'holds', field))
    -- Past this time the probe counts as lapsed even if nobody ever settles it.
    hold.probe, hold.probe_until = token, now + PROBE_RECLAIMS * reclaim_ms
    write_hold(field, hold)
  end
  call('HSET', takes, drain, table.concat({ num(sequence), now_text, num(take), ok_take, probe, others }, ' '))
  wake_by(lane, now + LONGEST_SLEEP_MS)
  return answer
end
