-- needs: _clock, _here, arguments; _counts, _record, _lanes, _groups, _wake, _closings, _stats_today, submit/times,
-- needs: submit/fallback, _runs, submit/run
-- when used: _publishing, _stats_folds, _days, _stats_by_day, _ended
-- when used: _hex, submit/fallback
-- when used: _run_fence, run_key, fates_key, submit/run
-- submit: up to 500 messages of one lane. Touches p{a}:here, m: b: f: , lanes, routes, the lane's ready,
-- later, counts, kinds, suppressed, and wake; stats, stats:<day>; run:<group>; reads policy.
-- What all messages share is read before the first of them is written, each message's own record before that is
-- written; nothing that is written then can fail. An error in between would leave messages without counts and wake.
-- Each message is added, or known already (the same key, lane and body), or in conflict (the same key,
-- anything else), or spoilt: another program put something else where its record belongs.
-- Answers {'full', used, max} above the mark, else a flat list: outcome, state (empty for a spoilt one); behind the
-- state of a duplicate that waits its own send_at and expires_at (ms, 0 for none; `-` for one that is as asked for), if
-- any differs.
-- Answers {'other key'} for advertisements whose receivers were hashed under another key than the account's;
-- {'mixed', kind} where the group has messages of the other kind, `ads` or `other`; and
-- {'closed', JSON} for a lane whose group is closed, and writes down in p{a}:closed that it was asked for.
-- Of a run of a campaign {'fenced', why} where this lease may not feed it, and {'later', ms} by the rate of the run.
-- Answers {'announce'}, and adds nothing, where the account is not here or a route, the lane's or a fallback's, is not in
-- the index, and the caller does not say that all are announced. Its arguments are in arguments.py; after them the messages.

local group = group_of(lane)
-- Before all else: what feeds a run that was stopped leaves nothing behind.
local feed = is_run(group) and read_feed(group)
if feed and feed.refused then return feed.refused end
local closed = group and call('HGET', P .. 'closed', group)
if closed then
  note_refusal(group, closed)
  return { 'closed', closed }
end

-- Its advertisements have a mark behind the group. Those without one are a group of advertisements alone.
local kind = group and group ~= ADVERTISING and (branch_of(lane) == group and 'other' or 'ads')
local kind_there = kind and call('HGET', P .. 'kinds', group)
if kind_there and kind_there ~= kind then return { 'mixed', kind_there } end

-- Advertisements of an account are judged by hashes under one key. A process without one must not make that its key.
if is_marked(lane) then
  if hashed_by ~= '' then call('HSETNX', P .. 'suppressed', 'key', hashed_by) end
  if call('HGET', P .. 'suppressed', 'key') ~= hashed_by then return { 'other key' } end
end

-- Asked here and not remembered by the producer: a server that lost its last second forgot the announcement too.
local routes = { route_of(lane) }
for name in string.gmatch(fallback_lanes, '%S+') do routes[#routes + 1] = route_of(name) end
local found = call('HMGET', P .. 'lanes', lane, unpack(routes))
local are_known = is_here
for i = 2, #found do are_known = are_known and found[i] end
if not announced and not are_known then return { 'announce' } end

local memory = call('INFO', 'memory')
local used = tonumber(string.match(memory, 'used_memory:(%d+)') or '0')
local most = tonumber(string.match(memory, 'maxmemory:(%d+)') or '0')
if most > 0 and used > most * mark then
  return { 'full', num(used), num(most) }
end

local event = send_at_ms > now and 'submit_later' or 'submit_now'
local state = target(event, NOWHERE)
local set = lane_key(lane, SET_OF(state))
local number = found[1]
local answer, added, size_bytes = {}, 0, 0
local asked_at = event == 'submit_later' and send_at_ms or 0
local waiting = call('ZCARD', set)

-- Before the first message, so that no message is where every other script answers that it has moved.
if not is_here then
  call('SET', P .. 'here', now_text)
  -- Whatever is submitted here is counted by day, but by a program that knows form 1 alone.
  if form > 1 then redis.pcall('HSET', P .. 'stats', 'since', now_text) end
end

-- Place of a message -> its fallback as it is kept.
local kept_at, first_message = {}, FIRST_REST + fallback_count * KEPT_LENGTH
for i = FIRST_REST, first_message - 1, KEPT_LENGTH do
  local kept = read_kept(i)
  kept_at[kept.place] = kept.text
end

for i = first_message, #ARGV, MESSAGE_LENGTH do
  local message = read_message(i)
  local key, kept = message.msg_key, kept_at[(i - first_message) / MESSAGE_LENGTH + 1]
  local known = redis.pcall('HMGET', record_of .. key, 's', 'l', 'd', 'q', 'z', 'a')
  if known.err then
    answer[#answer + 1] = 'spoilt'
    answer[#answer + 1] = ''
  elseif known[1] then
    -- What a message says is in the first half; behind it may be the digest of its body, as it was added with its addresses.
    local same = known[2] and (known[2] == number or known[2] == lane)
                 and string.sub(known[3] or '', 1, 16) == string.sub(message.digests, 1, 16)
                 and (known[6] or '') == (kept and identity_of(kept) or '')
    answer[#answer + 1] = same and 'duplicate' or 'conflict'
    answer[#answer + 1] = same and known[1] .. kept_times(known, asked_at) or known[1]
  elseif kept and call('EXISTS', record_of .. key .. FALLBACK_MARK) == 1 then
    -- Of an earlier message of this key, which is gone.
    local its_state = redis.pcall('HGET', record_of .. key .. FALLBACK_MARK, 's')
    answer[#answer + 1] = 'conflict'
    answer[#answer + 1] = type(its_state) == 'string' and its_state or ''
  elseif feed and ended_before(group, feed, key) then
    answer[#answer + 1] = 'duplicate'
    answer[#answer + 1] = ended_before(group, feed, key)
  else
    -- With the first that is new; it fails before that is written, or not at all.
    number = number or number_of(lane)
    if kept and not are_known then
      for _, route in ipairs(routes) do number_of(route) end
    end
    local fields = { 's', state, 'l', form == 1 and lane or number, 'd', message.digests, 'v', stamp, event == 'submit_now' and 'p' or 't' }
    -- The position is the time of the submit too.
    local score = num(event == 'submit_now' and now_us + added or send_at_ms)
    if event == 'submit_now' then
      fields[10] = score
    else
      fields[10], fields[11], fields[12] = now_text, 'q', score
    end
    if expires_at_ms > 0 then
      fields[#fields + 1] = 'z'
      fields[#fields + 1] = num(expires_at_ms)
    end
    if message.receiver ~= '' then
      fields[#fields + 1] = 'i'
      fields[#fields + 1] = message.receiver
    end
    if kept then
      add_fallback(fields, kept)
      call('SET', P .. 'f:' .. key, kept)
    end
    call('SET', body_of .. key, message.body)
    call('HSET', record_of .. key, unpack(fields))
    call('ZADD', set, score, key)
    added, size_bytes = added + 1, size_bytes + #message.body
    answer[#answer + 1] = 'added'
    answer[#answer + 1] = state
  end
end

if feed and (added > 0 or run_fed > 0) then note_feed(group, feed, added, size_bytes) end
if added > 0 then
  if kind and not kind_there then call('HSET', P .. 'kinds', group, kind) end
  moved(lane, NOWHERE, state, added)
  count(lane, 'submitted', added)
  local in_force = redis.pcall('HMGET', P .. 'policy', 'offsets', 'linger_ms:' .. service_of(lane))
  day_offsets = in_force[1] or false
  add_to_today(lane .. '|submitted', added)
  write_counts()
  wake_by(lane, wakes_at(waiting + added, not in_force.err and (number_in(in_force[2]) or DEFAULT_LINGER_MS)))
end
if announced and added > 0 then
  -- The fleet looks for new accounts and routes at once. Of the fleet's keys only the channel, which is no key to
  -- Redis; a call of its own from the producer would keep it waiting for nothing.
  redis.pcall('PUBLISH', string.match(P, '^(.*){') .. 'nudge', '')
end
return answer
