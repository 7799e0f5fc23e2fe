-- needs: _lanes, _groups, _holds, _hold_writing, _wake, arguments, run/answers
-- The steps that lead a run from state to state, by the table RUN_STEPS.

local function let_group_go()
  if not delete_hold(hold) then return end
  for _, lane in ipairs(lanes_of_group(group)) do wake_by(lane, now) end
end

local function hold_group()
  write_hold(hold, cjson.decode(text))
end

-- What a step does beside writing the state to which it leads; answers another state where it leads elsewhere.
local STEPS = {}

function STEPS.draft()
  write()
end

function STEPS.check()
  write()
end

-- One that was paused stays held: what was fed of it has the old times until the caller has given it others.
function STEPS.schedule()
  call('ZADD', P .. 'due', num(at_ms), group)
  call('SREM', P .. 'live', group)
  write('starts', num(at_ms))
  call('HDEL', run, 'why', 'by_whom', 'since', 'resumes')
end

function STEPS.start()
  call('SADD', P .. 'live', group)
  call('ZREM', P .. 'due', group)
  write()
  call('HSETNX', run, 'starts', now_text)
  call('HSETNX', run, 'started', now_text)
  call('HDEL', run, 'why', 'by_whom', 'since')
end

function STEPS.pause(state)
  hold_group()
  call('SADD', P .. 'live', group)
  call('ZREM', P .. 'due', group)
  if state ~= 'paused' then call('HSET', run, 'resumes', state) end
  write('since', now_text)
end

function STEPS.resume()
  local found = call('HMGET', run, 'resumes', 'starts', 'started', 'if_missed', 'missed_within_min')
  local starts = found[1] == 'scheduled' and number_in(found[2]) or nil
  local waits = starts and starts > now
  -- As where nobody was there at its time: one that had started before goes on.
  local missed = starts and not found[3] and is_missed(starts, found[4], number_in(found[5]))
  if missed then
    call('SREM', P .. 'live', group)
  elseif waits then
    call('ZADD', P .. 'due', num(starts), group)
    call('SREM', P .. 'live', group)
  else
    call('SADD', P .. 'live', group)
    call('HSETNX', run, 'started', now_text)
  end
  let_group_go()
  call('HDEL', run, 'why', 'by_whom', 'since', 'resumes')
  if missed then call('HSET', run, 'why', text, 'since', now_text) end
  return missed and 'checked' or waits and 'scheduled' or nil
end

-- Its messages are cancelled a hundred a call: until the last is, none of them goes.
function STEPS.cancel()
  call('HSETNX', P .. 'closed', group, closing)
  hold_group()
  call('SADD', P .. 'live', group)
  call('ZREM', P .. 'due', group)
  write('since', now_text, 'ended', now_text)
end

function STEPS.finish(state)
  let_group_go()
  call('ZREM', P .. 'due', group)
  call('SREM', P .. 'live', group)
  -- What a receipt still sends in place of a message keeps to the window too; `drop` takes it away.
  if state == 'cancelled' then call('HDEL', P .. 'windows', group) end
  call('HSETNX', run, 'ended', now_text)
  call('HDEL', run, 'resumes', 'lease', 'holder', 'until', 'tat')
end

-- A second one changes nothing but what says why.
local KEPT = { start = 'running', resume = 'running', cancel = 'cancelled', finish = 'done' }

local function step(state)
  local _, last = string.find(RUN_STEPS, ' ' .. act .. ':' .. state .. '>', 1, true)
  local to = last and string.match(RUN_STEPS, '^%l+', last + 1)
  if not to or is_fenced() then return answer('refused', { state = state }) end
  if KEPT[act] == state then return answer('kept', { state = state }) end
  to = STEPS[act](state) or to
  call('HSET', run, 'state', to)
  return answer('done', { state = to })
end
