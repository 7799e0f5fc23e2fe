-- needs: _record, _holds, _wake, arguments, advance/names, advance/policies
-- The batch that is taken: how it is written down, how it is answered, and how it is answered once more.

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

local function write_take(chosen, probes)
  local take = call('HINCRBY', lane_key(lane, 'counts'), 'takes', 1)
  local ok_take = call('HGET', lane_key(lane, 'counts'), 'ok') or '0'
  local probe = #probes > 0 and 'probe' or ''
  local answer = answer_of({ status = 'taken', ms = now_text, reason = probe, token = token,
                             take = num(take), ok_take = ok_take })
  local deadline = num(now + reclaim_ms)
  local keys, scores, to = {}, {}, target('take', 'waiting')
  for _, message in ipairs(chosen) do
    keys[#keys + 1] = message.key
    scores[#scores + 1] = deadline
    scores[#scores + 1] = message.key
    call('HSET', record_of .. message.key, 's', to, 'k', token)
    moved(lane, message.key, 'waiting', to)
    answer_message(answer, message.key, message.body, message.facts)
  end
  call('ZREM', ready, unpack(keys))
  call('ZADD', sending, unpack(scores))
  for _, field in ipairs(probes) do
    local hold = read_hold(call('HGET', P .. 'holds', field))
    -- Past this time the probe counts as lapsed even if nobody ever settles it.
    hold.probe, hold.probe_until = token, now + PROBE_RECLAIMS * reclaim_ms
    write_hold(field, hold)
  end
  call('HSET', takes, drain, table.concat({ num(sequence), now_text, num(take), ok_take, probe }, ' '))
  wake_by(lane, now + LONGEST_SLEEP_MS)
  return answer
end

-- The reply to this very call was lost: what it did is done, so its batch is answered again, word for word.
local function answer_again(last)
  local taken_at, take, ok_take, probe = string.match(last, '^%d+ (%d+) (%d+) (%d+) ?(.*)$')
  local batch = {}
  for _, key in ipairs(call('ZRANGE', sending, 0, -1)) do
    local facts = read_record(key, 's', 'v', 'f', 'k', 'p')
    if facts[4] == token then
      batch[#batch + 1] = { key = key, facts = facts, p = tonumber(facts[5]) or 0 }
    end
  end
  if #batch == 0 then
    return answer_of({ status = 'stay', reason = 'again' })
  end
  local answer = answer_of({ status = 'taken', ms = taken_at, reason = probe, token = token, take = take,
                             ok_take = ok_take })
  table.sort(batch, function(one, other) return one.p < other.p end)
  for _, message in ipairs(batch) do
    answer_message(answer, message.key, call('GET', body_of .. message.key) or '', message.facts)
  end
  return answer
end
