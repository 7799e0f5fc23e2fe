-- submit: up to 500 messages of one lane. Touches p{a}:m: b: , the lane's ready, later, counts, and wake.
-- Each message is added, or known already (the same key, lane and body), or in conflict (the same key,
-- anything else). Answers {'full', used, max} above the mark, else a flat list: outcome, state.
-- Answers {'announce'}, and adds nothing, where the lane had no message before and is not said to be announced.
-- ARGV: lane, linger ms, send_at ms (0: now), expires_at ms (0: never), stamp, mark (share of maxmemory),
--       announced (1 or 0), then key, body, digest of each message.

local lane, linger = ARGV[1], tonumber(ARGV[2])
local send_at, expires_at, stamp, mark = tonumber(ARGV[3]), tonumber(ARGV[4]), ARGV[5], tonumber(ARGV[6])

-- Asked here and not remembered by the producer: a server that lost its last second forgot the announcement too.
if ARGV[7] ~= '1' and call('HEXISTS', lane_key(lane, 'counts'), 'submitted') == 0 then
  return { 'announce' }
end

local memory = call('INFO', 'memory')
local used = tonumber(string.match(memory, 'used_memory:(%d+)') or '0')
local most = tonumber(string.match(memory, 'maxmemory:(%d+)') or '0')
if most > 0 and used > most * mark then
  return { 'full', num(used), num(most) }
end

local event = send_at > now and 'submit_later' or 'submit_now'
local state = target(event, 'nowhere')
local set = lane_key(lane, SET_OF[state])
local answer = {}
local added = 0

for i = 8, #ARGV, 3 do
  local key, body, digest = ARGV[i], ARGV[i + 1], ARGV[i + 2]
  local known = call('HMGET', P .. 'm:' .. key, 's', 'l', 'd')
  if known[1] then
    local same = known[2] == lane and known[3] == digest
    answer[#answer + 1] = same and 'duplicate' or 'conflict'
    answer[#answer + 1] = known[1]
  else
    local fields = { 's', state, 'l', lane, 'd', digest, 'v', stamp, event == 'submit_now' and 'p' or 't' }
    local score = send_at
    if event == 'submit_now' then
      -- The position is the time of the submit too.
      score = now_us + added
      fields[10] = num(score)
    else
      fields[10], fields[11], fields[12] = num(now), 'q', num(send_at)
    end
    if expires_at > 0 then
      fields[#fields + 1] = 'z'
      fields[#fields + 1] = num(expires_at)
    end
    call('SET', P .. 'b:' .. key, body)
    call('HSET', P .. 'm:' .. key, unpack(fields))
    call('ZADD', set, num(score), key)
    added = added + 1
    answer[#answer + 1] = 'added'
    answer[#answer + 1] = state
  end
end

if added > 0 then
  count(lane, 'submitted', added)
  count(lane, 's:' .. state, added)
  write_counts()
  if event == 'submit_later' then
    wake_by(lane, send_at)
  elseif linger == 0 or call('ZCARD', set) >= 10 then
    wake_by(lane, now)
  else
    -- Rounded up: a whole ms earlier it is not over yet.
    wake_by(lane, math.ceil(now_us / 1000) + linger)
  end
end
return answer
