-- needs: _clock, _here, _lanes, arguments; _counts, _record, _wake, _holds, _hold_writing, _gate, _policy, _rewound, rewound/lane, _fallback
-- when used: _hex, _fates, _fallback_due, _fallback_after, _fallback
-- rewound: what follows where this server went back in time. Touches p{a}:forgotten, holds, sweep, wake and the counts of
-- routes; of the lane that is named its later, ready, sending, counts and ended; m: b: h: of its messages. The hot
-- loop never runs it; advance finds out by itself what one drain's process knows of one route.
-- act, and what it is given beside the act:
--   report: here, seen_ms, is_known, from_ms (until then it remembers at least), and after the arguments what a process knows of routes
--                               answers held, warned or none, the takes and messages that were forgotten, and the span
--   mark: from_ms, seen_ms, by, text    holds the account for a person, who says from when on it forgot
--                               answers held, or kept where it is held so already
--   look: lane                  answers how many messages of the lane wait for the decision
--   settle: lane, text (sent or resend)   settles at most MOST_OF_GROUP of them; answers more or end
--   known: lane, and after the arguments `<key> <code>` of messages of which an archive knows that they went
--                               settles those that wait for the decision as accepted, with that code
--   finish: nothing             ends the hold

local function report()
  local losses, routes, takes, messages = {}, {}, 0, 0
  if here ~= redis.pcall('GET', P .. 'here') then return answer_of({ status = 'none' }) end
  for at = FIRST_REST, #ARGV, KNOWN_LENGTH do
    local known = read_known(at)
    local loss = loss_of(known.route, known.takes, known.went)
    losses[#losses + 1], routes[#routes + 1] = loss, known.route
    if loss and not loss.is_of_counts then takes, messages = takes + loss.takes, messages + loss.messages end
  end
  local status, from, to, others = judge_losses(seen_ms, losses, routes, is_known and from_ms)
  return answer_of({ status = status, takes = num(takes), messages = num(messages + others), from_ms = num(from),
                     to_ms = num(to) })
end

local function mark()
  if call('HEXISTS', SPAN, 'from') == 1 then return answer_of({ status = 'kept' }) end
  local was = read_hold(call('HGET', P .. 'holds', field_of_hold()))
  call('HSET', SPAN, 'all', '1')
  note_takes_forgotten()
  hold_span(was, from_ms, seen_ms, by, text)
  return answer_of({ status = 'held', from_ms = num(from_ms), to_ms = num(seen_ms) })
end

-- What was decided is remembered: a process that heard of the server before that has nothing new to say.
local function finish()
  local found = call('HMGET', SPAN, 'all', 'sent', 'to', 'unheard', 'takes_until')
  local is_all, unheard = found[1], number_in(found[4]) or 0
  -- Receipts that it forgot do not come again, so that none came says nothing: no fallback goes for that alone.
  if found[2] then unheard = math.max(unheard, number_in(found[3]) or 0) end
  end_hold(field_of_hold())
  call('DEL', SPAN)
  call('HSET', SPAN, 'decided', now_text)
  if unheard > 0 then call('HSET', SPAN, 'unheard', num(unheard)) end
  if found[5] then call('HSET', SPAN, 'takes_until', found[5]) end
  if is_all then call('HSET', SPAN, 'decided_all', '1') end
  wake_all()
  return answer_of({ status = 'end' })
end

if not is_here then return { 'moved' } end
if act == 'report' then return report() end
if act == 'mark' then return mark() end
if act == 'finish' then return finish() end
if act == 'look' then return look_at_lane() end
if act == 'known' then return settle_known() end
return settle_lane()
