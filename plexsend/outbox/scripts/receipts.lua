-- needs: _clock, _here, _lanes, arguments; _counts, _record, _ended, _receipt, _refused, _fallback
-- when used: publish_behind_last, publish_otherwise
-- when used: places_of, count_without_day, is_day_gone, write_new, take_away, fold_stats
-- when used: default_of, policy
-- when used: _suppressed, _suppressing, _refused
-- when used: number_of, _wake, _hex, is_joined, field_of_chain, count_of_chain, _runs, _fates, _fallback_due,
-- _fallback_after, _fallback
-- receipts: what the gateway's webhook says became of messages. Touches p{a}:m: b: h: of the messages named, later,
-- ready, sending, uncertain, dead and counts of their lanes, ended, forgotten, receipts, suppressed; of a fallback what submit touches; reads lanes, policy.
--
-- Its arguments are in arguments.py; after them the receipts. Each is judged by the state of its message and by the
-- order unknown < undelivered < delivered: a receipt only raises. A message that is being sent keeps its receipt until
-- its request is settled.
-- Answers what became of each: settled, kept, noted, repeated, or stranger: no record has its key.

-- What became of receipts, and what they said, for p{a}:receipts.
local tallies = {}

-- Why a receipt changes nothing, as its history says it.
local NOT_HIGHER = 'what is known already says as much or more'
local NEVER_SENT = 'only noted: nothing shows that it was sent'
local ENDED = 'only noted: it had ended otherwise'
local OUTDONE = 'it came while it was being sent; one that says more came behind it'

-- Whether it was noted, and nothing happened since but other receipts: the gateway sends what it got no answer to up to
-- ten times.
local function is_noted(key, code)
  local entries = redis.pcall('LRANGE', P .. 'h:' .. key, 0, -1)
  for i = #entries, 1, -1 do
    local noted = string.match(entries[i], '^%d+|receipt|([^|]*)|')
    if not noted or noted == code then return noted ~= nil end
  end
  return false
end

local function only_note(key, receipt, words)
  if is_noted(key, receipt.code) then return 'repeated' end
  note(key, 'receipt', receipt.code, words)
  return 'noted'
end

-- It is not among what the server forgot any more, about which a person decides.
local function note_recalled(lane, state)
  if state ~= 'waiting' and state ~= 'scheduled' then return end
  local left = number_in(call('HGET', P .. 'forgotten', route_of(lane)))
  if left and left > 0 then call('HINCRBY', P .. 'forgotten', route_of(lane), -1) end
end

-- While it is being sent: the highest counts once its request is settled.
local function keep(key, record, receipt, event)
  local kept = has(record.f, RECEIPT_KEPT) and record.h or nil
  if kept and rank_of(kept) >= rank_of(event) then
    if said_before(record.w, receipt) then return 'repeated' end
    return only_note(key, receipt, NOT_HIGHER)
  end
  -- The record holds one receipt. What it loses now is in its history.
  local outdone = kept and string.match(record.w or '', '^[^|]*')
  if outdone then note(key, 'receipt', outdone, OUTDONE) end
  call('HSET', record_of .. key, 'w', written(receipt), 'h', event, 'f', with(record.f, RECEIPT_KEPT))
  return 'kept'
end

-- What may fail comes first: the receipt comes again then.
local function settle(key, record, receipt, event)
  local from, said = record.s, record.w and string.match(record.w, '^[^|]*')
  move_by_receipt(record.home, key, from, event, receipt, nil, record)
  note_recalled(record.home, from)
  -- One that went the straight way has no history, and needs none: its record says it all.
  if from ~= 'accepted' and (from ~= 'unknown' or said) then
    note(key, event, receipt.code, 'by its receipt' .. (said and '; an earlier one said ' .. said or ''))
  end
  return 'settled'
end

-- What housekeeping gave up waiting for: nobody knows still, but now there is a code, of which applications hear.
local function settle_unheard(key, record, receipt)
  if record.r then call('HDEL', record_of .. key, 'r') end
  rewrite_end(record.home, key, record.s, record, { 'w', written(receipt) })
  entered(record.home, key, record.s, receipt.code, told_by(receipt))
  return 'settled'
end

local function judge(key, record, receipt, event)
  if record.s == 'sending' then return keep(key, record, receipt, event) end
  if target(event, record.s) and concerns(record, event) then return settle(key, record, receipt, event) end
  if record.w and said_before(record.w, receipt) then return 'repeated' end
  if record.s == 'unknown' and event == 'receipt_unknown' and not record.w then
    return settle_unheard(key, record, receipt)
  end
  return only_note(key, receipt, LIVING(record.s) and NEVER_SENT or SENT(record.s) and NOT_HIGHER or ENDED)
end

-- Whether a receipt said something about a number.
local learned = false

-- Whether a receipt says something about the number that is not known yet. A person's refusal counts also where
-- another receipt of the message came first, and changes nothing of the message any more.
local function teaches(state, became, kind)
  local is_news = became == 'settled' or became == 'kept'
  if kind == 'refused' then return is_news or became == 'noted' and (state == 'sending' or SENT(state)) end
  return is_news and kind == 'no_such_number'
end

-- The record is read once, for all that is asked of it (see `read_end`).
local function take_one(receipt)
  local found = read_record(receipt.msg_key, 's', 'l', 'f', 'w', 'c', 'r', 'h', 'e', 'i', 'b')
  local home = found[1] and lane_named(found[2])
  if not home then return 'stranger' end
  local record = { s = found[1], l = found[2], f = found[3] or '', w = found[4] or nil, c = found[5],
                   r = found[6] or nil, h = found[7], e = found[8], b = found[10], home = home }
  local kind = is_rcs(home) and receipt.rcs_kind or receipt.kind
  local became = judge(receipt.msg_key, record, receipt, event_of(kind))
  add_to(tallies, kind, 1)
  if teaches(record.s, became, kind) then
    -- What another program put in its place must not undo what was written of the message.
    pcall(learn_from, found[9], kind)
    learned = true
  end
  return became
end

-- When the first and the last came that were of a message here, and how many.
local function write_tallies()
  for name, n in pairs(tallies) do
    redis.pcall('HINCRBY', P .. 'receipts', name, n)
  end
  if call('HSET', P .. 'receipts', 'last', now_text) == 1 then call('HSET', P .. 'receipts', 'first', now_text) end
end

if not is_here then return { 'moved' } end
local answer, failure = {}, nil
for i = FIRST_REST, #ARGV, RECEIPT_LENGTH do
  local is_done, became = pcall(take_one, read_receipt(i))
  if not is_done then failure = failure or became end
  answer[#answer + 1] = is_done and became or ''
  if is_done and became ~= 'stranger' then add_to(tallies, became, 1) end
end
-- Whatever fails, what was written is counted.
write_counts()
if learned then write_changes() end
if next(tallies) then write_tallies() end
if failure then error(failure, 0) end
return answer
