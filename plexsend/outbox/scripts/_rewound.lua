-- needs: _clock, _holds, _hold_writing
-- A server that went back in time: a process knows of takes of which this server has not heard. A copy of its file was
-- restored, a replica that lagged became master, or a crash took its last moments.

local SPAN = P .. 'forgotten'

-- The field of the hold that waits for a decision about it.
local function field_of_hold()
  for _, row in ipairs(HOLD_ROWS()) do
    if row.is_decided then return row.prefix .. string.match(P, '{([^{}]*)}:$') end
  end
end

-- The ms until which this server remembers, as far as it shows: the last sweep before it forgot. `seen_ms`: when the
-- caller heard of it last.
local function remembered_until(seen_ms)
  local found = call('HMGET', P .. 'sweep', 'last', 'gap', 'before')
  local last, gap, earlier = number_in(found[1]) or 0, number_in(found[2]) or 0, number_in(found[3]) or 0
  if gap > seen_ms then
    -- A gap that began later than the caller knows is another one: then nothing shows how much is gone.
    last = earlier < seen_ms and earlier or 0
  end
  return math.min(math.max(last, tonumber(redis.pcall('GET', P .. 'here')) or 0), seen_ms)
end

-- What a caller knows of a route and this server does not: the takes that it forgot, and the messages that went in
-- them. nil where it forgot none.
local function loss_of(route, seen_takes, seen_went)
  local counts = lane_key(route, 'counts')
  local found = redis.pcall('HMGET', counts, 'takes', 'went')
  -- Of another type: whoever takes from the route next puts it aside.
  if found.err then return nil end
  local takes, went = number_in(found[1]) or 0, number_in(found[2]) or 0
  if seen_takes <= takes then return nil end
  local loss = { route = route, takes = seen_takes - takes, messages = math.max(0, seen_went - went) }
  loss.last, loss.went = seen_takes, went + loss.messages
  -- Counts that another program spoilt began anew: then it is them that lack the takes, and nothing goes again.
  loss.is_of_counts = takes == 0 and call('EXISTS', P .. 'spoilt:' .. route .. ':counts') == 1
  return loss
end

-- Goes on counting behind what a process knows, so that it finds nothing forgotten the next time.
local function count_on(losses)
  for _, loss in ipairs(losses) do
    local counts = lane_key(loss.route, 'counts')
    call('HSET', counts, 'takes', num(loss.last), 'went', num(loss.went))
    if loss.messages > 0 and not loss.is_of_counts then
      redis.pcall('HINCRBY', counts, 'forgotten', num(loss.messages))
    end
  end
end

local function words_of(from, to, messages)
  return string.format('Redis forgot %.0f s, in which %.0f messages were taken: they wait as if they had not been sent',
                       math.max(1, math.ceil((to - from) / 1000)), messages)
end

-- Holds the account for a person, who may have held it so already.
local function hold_span(was, from, to, by, why)
  call('HSET', SPAN, 'from', num(from), 'to', num(to))
  write_hold(field_of_hold(), { since = was and not was.unreadable and was.since or now, ['until'] = 0, step = 0,
                                by = by, why = why, probe = '' })
end

-- Decides what follows where a process, which heard of the server last at `seen_ms`, knows of losses, or only that the
-- server forgot something (`is_known`). Answers `held`, `warned` or `none`, and from when to when. All is read before
-- anything is written: what failed half-way would not be found again.
local function judge_losses(seen_ms, losses, is_known)
  local kept = call('HMGET', SPAN, 'from', 'to', 'decided', 'decided_all', 'messages')
  local was = read_hold(call('HGET', P .. 'holds', field_of_hold()))
  local from, to, decided = remembered_until(seen_ms), seen_ms, number_in(kept[3])
  local real = {}
  for _, loss in ipairs(losses) do
    if not loss.is_of_counts then real[#real + 1] = loss end
  end
  count_on(losses)
  -- A person has decided since: about everything, or about what was known then.
  local is_decided = decided and seen_ms <= decided
  if is_decided and (kept[4] or #real == 0) then return 'none', from, to end
  if #real == 0 and not is_known then return 'none', from, to end
  local is_held = kept[1] ~= false
  if not is_held and seen_ms - from < REWOUND_MS then return #real > 0 and 'warned' or 'none', from, to end
  if is_held then
    from, to = math.min(from, number_in(kept[1]) or from), math.max(to, number_in(kept[2]) or to)
  end
  local messages = number_in(kept[5]) or 0
  for _, loss in ipairs(real) do
    messages = messages + loss.messages
    redis.pcall('HINCRBY', SPAN, loss.route, num(loss.messages))
  end
  call('HSET', SPAN, 'messages', num(messages))
  local by_person = is_held and was and was.by ~= 'plexsend'
  hold_span(was, from, to, by_person and was.by or 'plexsend', by_person and was.why or words_of(from, to, messages))
  return 'held', from, to
end
