-- needs: _record, _lanes, arguments, advance/names, advance/policies, advance/batch
-- The batch that is answered once more.

-- The reply to this very call was lost: what it did is done, so its batch is answered again, word for word.
local function answer_again(last)
  local taken_at, take, ok_take, probe, others = string.match(last, '^%d+ (%d+) (%d+) (%d+) ?(%a*) ?(.*)$')
  local batch, place = {}, 0
  local function add_from(from)
    place = place + 1
    for _, key in ipairs(call('ZRANGE', lane_key(from, 'sending'), 0, -1)) do
      local facts = read_record(key, 's', 'v', 'f', 'k', 'p')
      local body = facts[4] == token and redis.pcall('GET', body_of .. key)
      -- One without its body comes back once it counts as abandoned.
      if type(body) == 'string' then
        batch[#batch + 1] = { key = key, body = body, facts = facts, place = place, p = tonumber(facts[5]) or 0 }
      end
    end
  end
  add_from(lane)
  for number in string.gmatch(others, '%d+') do
    local from = lane_named(number)
    if from then add_from(from) end
  end
  if #batch == 0 then
    return answer_of({ status = 'stay', reason = 'again' })
  end
  local answer = answer_of({ status = 'taken', ms = taken_at, reason = probe, token = token, take = take,
                             ok_take = ok_take, epoch = policy_epoch, went = num(route_takes().went),
                             here = here_of_caller() })
  table.sort(batch, function(one, other)
    if one.place ~= other.place then return one.place < other.place end
    return one.p < other.p
  end)
  for _, message in ipairs(batch) do
    answer_message(answer, message.key, message.body, message.facts)
  end
  return answer
end
