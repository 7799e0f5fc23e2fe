-- needs: _clock, _holds, _hold_writing, _lanes, _policy
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
  -- Of another type: the next take from the route puts it aside.
  if found.err then return nil end
  local takes, went = number_in(found[1]) or 0, number_in(found[2]) or 0
  if seen_takes <= takes then return nil end
  local loss = { route = route, takes = seen_takes - takes, messages = math.max(0, seen_went - went) }
  loss.last, loss.went = seen_takes, went + loss.messages
  -- Counts that another program spoilt began anew: then it is them that lack the takes, and nothing goes again.
  loss.is_of_counts = takes == 0 and call('EXISTS', P .. 'spoilt:' .. route .. ':counts') == 1
  return loss
end

-- The lanes of a route of which somebody sends, as far as the route says.
local function lanes_in_use(route)
  local lanes = { [route] = true }
  for _, member in ipairs(call('ZRANGE', lane_key(route, 'drains'), 0, -1)) do
    local branch = branch_of(member)
    if branch then lanes[with_branch(route, branch)] = true end
  end
  local takes_of = call('HGETALL', lane_key(route, 'takes'))
  for i = 2, #takes_of, 2 do
    for number in string.gmatch(string.match(takes_of[i], '^%d+ %d+ %d+ %d+ ?%a* ?(.*)$') or '', '%d+') do
      lanes[lane_named(number) or route] = true
    end
  end
  return lanes
end

-- Messages of a route that this server believes to be under way since then. The verdict on them may be among what it
-- forgot: then they go again as what may have been sent. Counted once, by the first who notices.
local function under_way(route, seen_ms)
  local counted = number_in(call('HGET', SPAN, 'under way ' .. route))
  if counted and now - counted < UNDER_WAY_COUNTS_MS then return 0 end
  local messages, until_ms = 0, num(seen_ms + policy_ms('reclaim_s'))
  for lane in pairs(lanes_in_use(route)) do
    messages = messages + call('ZCOUNT', lane_key(lane, 'sending'), '-inf', until_ms)
  end
  return messages
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

local function note_under_way(under_way_of)
  for route, messages in pairs(under_way_of) do
    call('HSET', SPAN, 'under way ' .. route, now_text)
    redis.pcall('HINCRBY', lane_key(route, 'counts'), 'forgotten', num(messages))
  end
end

local function words_of(from, to, messages)
  return string.format('Redis forgot %.0f s, in which %.0f messages were taken: they wait as if they had not been sent',
                       math.max(1, math.ceil((to - from) / 1000)), messages)
end

-- Of what was submitted until now this server may have forgotten that it was taken.
local function note_takes_forgotten()
  call('HSET', SPAN, 'takes_until', now_text)
end

-- Holds the account for a person, who may have held it so already.
local function hold_span(was, from, to, by, why)
  call('HSET', SPAN, 'from', num(from), 'to', num(to))
  write_hold(field_of_hold(), { since = was and not was.unreadable and was.since or now, ['until'] = 0, step = 0,
                                by = by, why = why, probe = '' })
end

-- Decides what follows where a process, which heard of the server last at `seen_ms`, knows of losses, or only that the
-- server forgot something (`is_known`: until when it remembers at least, as a sign of life shows). `routes`: those that
-- it knows. Answers `held`, `warned` or `none`, from when to when, and, with a warning, how many messages were under
-- way. All is read before anything is written: what failed half-way would not be found again.
local function judge_losses(seen_ms, losses, routes, is_known)
  local kept = call('HMGET', SPAN, 'from', 'to', 'decided', 'decided_all', 'messages')
  local was = read_hold(call('HGET', P .. 'holds', field_of_hold()))
  local from, to, decided = remembered_until(seen_ms), seen_ms, number_in(kept[3])
  if is_known then from = math.min(math.max(from, is_known), seen_ms) end
  local real = {}
  for _, loss in ipairs(losses) do
    if not loss.is_of_counts then real[#real + 1] = loss end
  end
  local under_way_of, all_under_way = {}, 0
  for _, route in ipairs((#real > 0 or is_known) and routes or {}) do
    local messages = under_way(route, seen_ms)
    if messages > 0 then under_way_of[route], all_under_way = messages, all_under_way + messages end
  end
  count_on(losses)
  -- A person has decided since: about everything, or about what was known then.
  local is_decided = decided and seen_ms <= decided
  if is_decided and (kept[4] or #real == 0) then return 'none', from, to, 0 end
  if #real == 0 and not is_known then return 'none', from, to, 0 end
  note_takes_forgotten()
  local is_held = kept[1] ~= false
  if not is_held and seen_ms - from < REWOUND_MS then
    if #real == 0 and all_under_way == 0 then return 'none', from, to, 0 end
    note_under_way(under_way_of)
    return 'warned', from, to, all_under_way
  end
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
  return 'held', from, to, 0
end
