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
  local last, gap, earlier = tonumber(found[1] or nil) or 0, tonumber(found[2] or nil) or 0, tonumber(found[3] or nil) or 0
  if gap > seen_ms then
    -- A gap that began later than the caller knows is another one: then nothing shows how much is gone.
    last = earlier < seen_ms and earlier or 0
  end
  return math.min(math.max(last, tonumber(redis.pcall('GET', P .. 'here')) or 0), seen_ms)
end

-- Counts on behind what a process knows of a route, so that it finds nothing forgotten the next time. Answers how many
-- takes were forgotten, and how many messages went in them.
local function count_on(route, seen_takes, seen_went)
  local counts = lane_key(route, 'counts')
  local found = call('HMGET', counts, 'takes', 'went')
  local takes, went = tonumber(found[1] or nil) or 0, tonumber(found[2] or nil) or 0
  if seen_takes <= takes then return 0, 0 end
  local messages = math.max(0, seen_went - went)
  call('HSET', counts, 'takes', num(seen_takes), 'went', num(went + messages))
  if messages > 0 then redis.pcall('HINCRBY', counts, 'forgotten', num(messages)) end
  return seen_takes - takes, messages
end

-- What is kept of a span until a person has decided: whose words it is held with, how many messages went in it.
local function write_span(from, to, by, why)
  local field = field_of_hold()
  local was = read_hold(call('HGET', P .. 'holds', field))
  call('HSET', SPAN, 'from', num(from), 'to', num(to))
  write_hold(field, { since = was and not was.unreadable and was.since or now, ['until'] = 0, step = 0, by = by,
                      why = why, probe = '' })
end

local function words_of(from, to, messages)
  return string.format('Redis forgot %.0f s, in which %.0f messages were taken: they wait as if they had not been sent',
                       math.max(1, math.ceil((to - from) / 1000)), messages)
end

-- Decides what follows where a process, which heard of the server last at `seen_ms`, knows of `losses` that the server
-- forgot (each: route, messages), or only that it forgot (`is_known`). Answers `held`, `warned` or `none`, and from
-- when to when.
local function judge_losses(seen_ms, losses, is_known)
  local kept = call('HMGET', SPAN, 'from', 'to', 'decided', 'decided_all', 'messages')
  local from, decided = remembered_until(seen_ms), tonumber(kept[3] or nil)
  -- A person has decided since: about everything, or about what was known then.
  local is_decided = decided and seen_ms <= decided
  if is_decided and (kept[4] or #losses == 0) then return 'none', from, seen_ms end
  if #losses == 0 and not is_known then return 'none', from, seen_ms end
  local is_held = kept[1] ~= false
  if not is_held and seen_ms - from < REWOUND_MS then
    return #losses > 0 and 'warned' or 'none', from, seen_ms
  end
  local messages, to = tonumber(kept[5] or nil) or 0, seen_ms
  if is_held then
    from, to = math.min(from, tonumber(kept[1]) or from), math.max(to, tonumber(kept[2] or nil) or to)
  end
  for _, loss in ipairs(losses) do
    messages = messages + loss.messages
    -- Where all of a route counts, there is nothing to add.
    if call('HGET', SPAN, loss.route) ~= 'all' then call('HINCRBY', SPAN, loss.route, num(loss.messages)) end
  end
  call('HSET', SPAN, 'messages', num(messages))
  local was = is_held and read_hold(call('HGET', P .. 'holds', field_of_hold()))
  local is_by_person = was and was.by ~= 'plexsend'
  write_span(from, to, is_by_person and was.by or 'plexsend',
             is_by_person and was.why or words_of(from, to, messages))
  return 'held', from, to
end
