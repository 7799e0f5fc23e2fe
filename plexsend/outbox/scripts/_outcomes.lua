-- needs: _clock, _policy
-- What applications hear of: messages that came into a state that ends them, or that waits for a person. Gathered, and
-- published at the end of a script: one entry for all that share lane, state and code.

-- Days for which results are kept. Who reads its policies together says it, else it is asked for.
local results_days = nil

-- In their order; and each that others may join under its name.
local outcomes = {}

-- `more`: `carrier|ms`, what a receipt says; nil without one.
local function entered(lane, key, state, code, more)
  local name = lane .. ' ' .. state .. ' ' .. (more and 'r ' or 's ') .. code
  local outcome = outcomes[name]
  if not outcome then
    outcome = { lane = lane, state = state, code = code, keys = {}, more = {} }
    outcomes[name] = outcome
    outcomes[#outcomes + 1] = outcome
  end
  outcome.keys[#outcome.keys + 1] = key
  outcome.more[#outcome.more + 1] = more
end

-- The same for many without a receipt that share lane and state. `keys` is not changed until the end of the script.
local function entered_together(lane, keys, state, code)
  outcomes[#outcomes + 1] = { lane = lane, state = state, code = code, keys = keys, more = {} }
end

-- Answers what XADD answers, or its error.
local function publish_at(ms, outcome, oldest)
  return redis.pcall('XADD', P .. 'results', 'MINID', '~', oldest, ms .. '-*', 's', outcome.state, 'l', outcome.lane,
                     'c', outcome.code, 'k', table.concat(outcome.keys, ' '), 'm', table.concat(outcome.more, ' '))
end

-- The same into the stream of a reader, for which it was rebuilt.
local function publish_to_reader(stream, outcome)
  call('XADD', stream, '*', 's', outcome.state, 'l', outcome.lane, 'c', outcome.code, 'k',
       table.concat(outcome.keys, ' '), 'm', table.concat(outcome.more, ' '))
end

-- A clock that was set back: the ids go on where they were, and each record says with which.
local function publish_behind_last(outcome, oldest)
  local last = call('XREVRANGE', P .. 'results', '+', '-', 'COUNT', 1)[1]
  local ms = string.match(last and last[1] or call('XINFO', 'STREAM', P .. 'results')[8] or now_text, '^%d+')
  publish_at(ms, outcome, oldest)
  for _, key in ipairs(outcome.keys) do
    if call('EXISTS', record_of .. key) == 1 then call('HSET', record_of .. key, 'r', ms) end
  end
end

-- Nothing here may undo what was written.
local function publish(outcome, oldest)
  local found = publish_at(now_text, outcome, oldest)
  if type(found) ~= 'table' or not found.err then return end
  if string.find(found.err, 'WRONGTYPE', 1, true) then
    call('RENAME', P .. 'results', P .. 'spoilt:results')
    publish_at(now_text, outcome, oldest)
  elseif string.find(found.err, 'equal or smaller', 1, true) then
    publish_behind_last(outcome, oldest)
  end
end

local function write_outcomes()
  if #outcomes == 0 then return end
  local is_read, days = results_days ~= nil, results_days
  if not is_read then is_read, days = pcall(policy, 'results_keep_days') end
  if not is_read then days = DEFAULT_RESULTS_KEEP_DAYS end
  if days > 0 then
    local oldest = num(math.max(0, now - days * 86400000))
    for _, outcome in ipairs(outcomes) do publish(outcome, oldest) end
  end
  outcomes = {}
end
