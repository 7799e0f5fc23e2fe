-- needs: _clock, arguments; _lanes, _groups, _wake, _runs, _fates, _run_making, run/answers, run/steps, run/leases
-- run: the life of a run of a campaign: made, checked, scheduled, started, paused, cancelled, finished; its lease, its
-- mark, its fates. Touches p{a}:campaigns, runs, due, live, windows, run:<group>, fates:<group>; holds, closed and wakes
-- of its group. A campaign may come before the account's first message, so it does not ask for `here`.
--
-- What can fail since another program spoilt it is written before the run itself: the same call goes on then.
-- act, and what it is given beside the group:
--   campaign: `text` (JSON), at_ms (when its cron plans it; 0: never)
--   create: `text` (its id), `closing` (JSON of a campaign that is not known yet), at_ms (above which number), fields
--   name: fields, lease                chunks, while it is a draft; with a lease: while that counts, as draft and check
--   note: fields                       whatever its state is
--   draft, check, start: fields        of RUN_STEPS, as those that follow
--   schedule: at_ms, fields
--   pause: hold, `text` (JSON of the hold), fields
--   resume: hold, `text` (why one that missed its time is only checked again, in words)
--   cancel: hold, `text`, closing, fields: closes the group, and holds it until a finish
--   finish: hold
--   release_group: hold                the pause of its group goes
--   rate: `text`
--   window: `text` (spans; empty: it has none)
--   take: `text` (who), at_ms (for how many ms)   renew: lease, at_ms   release: lease
--   mark: lease, since (where it is), fed (where it is to be), skipped (how many more)
--   fates: lease, rows and letters
--   drop: nothing
--   remove: `text` (JSON of its campaign as the caller read it, which goes too; empty: it stays)
--   mend: names of runs                puts what `due` and `live` lack of them there; answers how many in `fed`
-- RUN_ANSWER in arguments_runs.py says what it answers.

local function define()
  if at_ms > 0 then call('ZADD', P .. 'due', num(at_ms), group) else call('ZREM', P .. 'due', group) end
  call('HSET', P .. 'campaigns', group, text)
  return answer('done')
end

local function create()
  call('HSETNX', P .. 'campaigns', group, closing)
  return answer('done', { state = 'draft', text = make_run(group, at_ms, text, rest()) })
end

local function write_fates(state)
  if is_fenced() then return answer('fenced', { state = state }) end
  local noted = read_noted(group)
  if not noted then return answer('kept', { state = state }) end
  for i = FIRST_REST, #ARGV, 2 do
    local row = number_in(ARGV[i])
    if row and row < noted.rows then note_fate(group, row, ARGV[i + 1]) end
  end
  return answer('done', { state = state })
end

local function set_window(state)
  if text == '' then call('HDEL', P .. 'windows', group) else call('HSET', P .. 'windows', group, text) end
  for _, lane in ipairs(lanes_of_group(group)) do wake_by(lane, now) end
  return answer('done', { state = state })
end

-- What tells who its recipients are goes; what it counted stays.
local function drop(state)
  if state == 'scheduled' or state == 'running' or state == 'paused' then return answer('refused', { state = state }) end
  local is_over = state == 'done' or state == 'cancelled'
  if is_over and call('SISMEMBER', P .. 'live', group) == 1 then return answer('busy', { state = state }) end
  call('SREM', P .. 'live', group)
  call('HDEL', P .. 'windows', group)
  call('DEL', fates_key(group))
  for _, field in ipairs(call('HKEYS', run)) do
    if string.sub(field, 1, 2) == 'c:' then call('HDEL', run, field) end
  end
  call('HDEL', run, 'columns', 'marks')
  if not is_over then call('HSET', run, 'state', 'cancelled', 'ended', now_text) end
  call('HSET', run, 'dropped', now_text)
  return answer('done', { state = is_over and state or 'cancelled' })
end

-- Nothing of it is left but what it counted, which goes too. The number of its campaign's last run stays: none is given
-- twice.
local function remove(state)
  if call('HEXISTS', run, 'dropped') == 0 or state ~= 'done' and state ~= 'cancelled' then
    return answer('refused', { state = state })
  end
  if #lanes_of_group(group) > 0 then return answer('busy', { state = state }) end
  local name, number = string.match(group, '^(.*)~(%d+)$')
  local campaigns = P .. 'campaigns'
  if text ~= '' and call('HGET', campaigns, '#' .. name) == number and call('HGET', campaigns, name) == text then
    call('HDEL', campaigns, name)
  end
  call('SREM', P .. 'live', group)
  call('ZREM', P .. 'runs', group)
  call('DEL', fates_key(group), run)
  return answer('done', { state = state })
end

local function mend(name)
  local found = call('HMGET', run_key(name), 'state', 'starts', 'prepares')
  local starts = number_in(found[2])
  if found[1] == 'scheduled' and starts then return call('ZADD', P .. 'due', 'NX', num(starts), name) end
  local lives = found[1] == 'running' or found[1] == 'paused' or found[1] == 'draft' and (found[3] or '') ~= ''
  return lives and call('SADD', P .. 'live', name) or 0
end

local function mend_all()
  local mended = 0
  for _, name in ipairs(rest()) do
    local is_done, added = pcall(mend, name)
    if is_done then mended = mended + added end
  end
  return answer('done', { fed = num(mended) })
end

local ACTS = { take = take, renew = renew, release = release, mark = mark, fates = write_fates, window = set_window,
               drop = drop, remove = remove }

function ACTS.note(state)
  write()
  return answer('done', { state = state })
end

function ACTS.name(state)
  if state ~= 'draft' or is_fenced() then return answer('refused', { state = state }) end
  return ACTS.note(state)
end

function ACTS.release_group(state)
  let_group_go()
  return answer('done', { state = state })
end

function ACTS.rate(state)
  call('HSET', run, 'rate', text)
  call('HDEL', run, 'tat', 'paced')
  for _, lane in ipairs(lanes_of_group(group)) do wake_by(lane, now) end
  return answer('done', { state = state })
end

if act == 'campaign' then return define() end
if act == 'create' then return create() end
if act == 'mend' then return mend_all() end
local state_now = call('HGET', run, 'state')
if not state_now then return answer('unknown') end
return (ACTS[act] or step)(state_now)
