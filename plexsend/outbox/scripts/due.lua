-- needs: _clock, arguments; _runs, _run_making
-- due: what is planned and due, each once, whoever asks and however many do: a claim counts only where the planned time
-- is still the one that its caller read. Touches p{a}:due, live, runs, campaigns, run:<group>. As run, it does not ask
-- for `here`.
-- act, and what it is given:
--   look: nothing                      answers {ms now, then of each that is due: its name, ms planned, JSON of a campaign}
--   start: group, planned_ms, `text`   a scheduled run starts, or does not where that was missed (`text`: why, in words)
--   make: group (a campaign), planned_ms, last_ms (of its planned times that passed the last), next_ms (the first that did
--         not), `text` (its JSON as it was read), missed (its JSON where last_ms is skipped), id, fields: a run is made, to
--         be prepared
-- Answers {'started', 'made' or 'skipped', the run}, or {'kept', ''} where somebody was quicker.

local due = P .. 'due'

local function look()
  local found = call('ZRANGEBYSCORE', due, '-inf', now_text, 'WITHSCORES', 'LIMIT', 0, MOST_CLAIMED)
  local answer = { now_text }
  for i = 1, #found, 2 do
    answer[#answer + 1] = found[i]
    answer[#answer + 1] = num(tonumber(found[i + 1]))
    answer[#answer + 1] = not is_run(found[i]) and call('HGET', P .. 'campaigns', found[i]) or ''
  end
  return answer
end

local function start()
  local run = run_key(group)
  local found = call('HMGET', run, 'state', 'if_missed', 'missed_within_min', 'started')
  if found[1] ~= 'scheduled' then
    call('ZREM', due, group)
    return { 'kept', '' }
  end
  -- One that had started before and was given another time goes on: what was fed of it goes by itself.
  local missed = not found[4] and is_missed(planned_ms, found[2], number_in(found[3]))
  if not missed then call('SADD', P .. 'live', group) end
  call('ZREM', due, group)
  if missed then
    call('HSET', run, 'state', 'checked', 'why', text, 'since', now_text)
    return { 'skipped', group }
  end
  call('HSET', run, 'state', 'running')
  call('HSETNX', run, 'started', now_text)
  return { 'started', group }
end

local function make()
  local known = call('HGET', P .. 'campaigns', group)
  if not known then call('ZREM', due, group) end
  if known ~= text then return { 'kept', '' } end
  local read, facts = pcall(cjson.decode, text)
  if not read or type(facts) ~= 'table' then facts = {} end
  if is_missed(last_ms, facts.if_missed, tonumber(facts.missed_within_min)) then
    call('ZADD', due, num(next_ms), group)
    call('HSET', P .. 'campaigns', group, missed)
    return { 'skipped', '' }
  end
  local fields = { unpack(ARGV, FIRST_REST) }
  -- What another program may have put in their place fails first.
  call('SCARD', P .. 'live')
  local made = make_run(group, 0, id, fields)
  call('SADD', P .. 'live', made)
  call('ZADD', due, num(next_ms), group)
  return { 'made', made }
end

if act == 'look' then return look() end
if number_in(call('ZSCORE', due, group)) ~= planned_ms then return { 'kept', '' } end
return act == 'start' and start() or make()
