-- needs: _record, _lanes, _policy, _wake, _rewound, _receipt, _kept, _fallback_due, arguments
-- Which messages of a lane may have gone in the span that the server forgot, and what a person decides about them.
-- They are those whose take it remembers and whose settlement it may have forgotten, and then as many as went of the
-- route, in the order in which the lane sends: what is ready by its position, then what was due. What was submitted
-- since is not among them.

local found_span = call('HMGET', SPAN, 'to', 'left ' .. lane, 'all', route_of(lane))
local span_to = number_in(found_span[1]) or 0

-- How many more may have gone, which of the sets below is looked through, and how many of it stay where they are.
local function place_of_lane()
  local left, stage, stays = string.match(found_span[2] or '', '^(%S+) (%d+) (%d+)$')
  left = left or found_span[3] and 'all' or found_span[4]
  return left == 'all' and math.huge or number_in(left) or 0, tonumber(stage) or 1, tonumber(stays) or 0
end

local STAGES = {
  -- Taken before the end of the span: its drain is gone, or settles late.
  { part = 'sending', state = 'sending', most = num(span_to + policy_ms('reclaim_s')) },
  { part = 'ready', state = 'waiting', most = num(span_to) .. '999', counts = true },
  { part = 'later', state = 'scheduled', most = num(span_to), counts = true },
}

local function look_at_lane()
  local left, first = place_of_lane()
  local messages = 0
  for i = first, #STAGES do
    local n = call('ZCOUNT', lane_key(lane, STAGES[i].part), '-inf', STAGES[i].most)
    if STAGES[i].counts then
      n = math.min(n, left)
      left = left - n
    end
    messages = messages + n
  end
  return answer_of({ status = 'end', messages = num(messages) })
end

local WORDS = 'Redis forgot whether it was sent; '

-- The record is the one that the set says.
-- `code`: of the answer that an archive knows, which may be empty; nil where a person decides. Answers whether it stays.
local function settle_as_decided(key, state, flags, code)
  if code or text == 'sent' then
    local event, who = state == 'sending' and 'accept' or 'accept_late', code and 'the archive' or 'a person'
    code = code or 'PERSON'
    forget_time(key)
    move(lane, key, state, event, 0, { 'c', code, 'k', '' })
    note(key, event, code, WORDS .. who .. ' says that it was')
    return false
  end
  -- A gateway that knows the key has it, and says so.
  local m, is_sending = record_of .. key, state == 'sending'
  if is_sending then
    move(lane, key, state, 'give_back', tonumber(call('HGET', m, 'p')) or 0,
         { 'f', with(flags, MAY_HAVE_BEEN_SENT), 'k', '' })
  else
    call('HSET', m, 'f', with(flags, MAY_HAVE_BEEN_SENT))
  end
  note(key, 'settle_resend', '', WORDS .. 'a person has it sent again')
  return not is_sending
end

local function settle_message(key, state, flags, code)
  if state ~= 'sending' or not has(flags, RECEIPT_KEPT) then return settle_as_decided(key, state, flags, code) end
  local record = { f = flags, home = lane }
  settle_by_receipt(key, record, 'retry', '', function() settle_as_decided(key, state, record.f, code) end)
  return false
end

-- Looks through one set. Answers how many it settled, whether it has seen all of the set, and how many stay there.
local function settle_stage(stage, most, stays)
  local keys = call('ZRANGEBYSCORE', lane_key(lane, stage.part), '-inf', stage.most, 'LIMIT', stays, num(most))
  local settled = 0
  for _, key in ipairs(keys) do
    local record = read_record(key, 's', 'f')
    local is_whole = record[1] == stage.state and is_plain(key)
    if not is_whole or settle_message(key, stage.state, record[2]) then stays = stays + 1 end
    if is_whole then settled = settled + 1 end
  end
  return settled, #keys < most, stays
end

local function write_place(left, stage, stays)
  call('HSET', SPAN, 'left ' .. lane,
       (left == math.huge and 'all' or num(left)) .. ' ' .. num(stage) .. ' ' .. num(stays))
end

-- Which stage a message is in that waits for the decision, and its rank there; nil where it does not.
local function stage_of_key(key, state)
  for i, stage in ipairs(STAGES) do
    local score = stage.state == state and call('ZSCORE', lane_key(lane, stage.part), key)
    if score and tonumber(score) <= tonumber(stage.most) then
      return i, call('ZRANK', lane_key(lane, stage.part), key)
    end
  end
end

local function settle_known()
  local left, first, stays = place_of_lane()
  local settled = 0
  for at = FIRST_REST, #ARGV do
    local key, code = string.match(ARGV[at], '^(%S+) ?(.*)$')
    local record = read_record(key, 's', 'f')
    local stage, rank = stage_of_key(key, record[1])
    if stage and is_plain(key) then
      settle_message(key, record[1], record[2], code)
      settled = settled + 1
      if stage == first and rank < stays then
        -- A person had it sent again, and it stayed where it is.
        stays = stays - 1
      elseif stage >= first and STAGES[stage].counts then
        left = math.max(0, left - 1)
      end
    end
  end
  if settled > 0 then
    write_place(left, first, stays)
    write_counts()
    wake_by(lane, now)
  end
  return answer_of({ status = 'end', messages = num(settled) })
end

local function settle_lane()
  local left, first, stays = place_of_lane()
  local stage = STAGES[first]
  if text == 'sent' then call('HSET', SPAN, 'sent', '1') end
  if not stage then return answer_of({ status = 'end' }) end
  local most = stage.counts and math.min(MOST_OF_GROUP, left) or MOST_OF_GROUP
  local settled, is_whole = 0, true
  if most > 0 then settled, is_whole, stays = settle_stage(stage, most, stays) end
  if stage.counts then
    left = left - settled
    is_whole = is_whole or left == 0
  end
  if is_whole then first, stays = first + 1, 0 end
  write_place(left, first, stays)
  write_counts()
  wake_by(lane, now)
  return answer_of({ status = STAGES[first] and 'more' or 'end', messages = num(settled) })
end
