-- needs: _clock, _outcomes
-- What is gathered of messages that end one by one and published at the end of the script; and what follows where an
-- entry could not be written.

-- `all`: in their order, and each under the name by which others join it. `more`: `carrier|ms`, what a receipt says;
-- nil without one.
local function gather(all, lane, key, state, code, more)
  local name = lane .. ' ' .. state .. ' ' .. (more and 'r ' or 's ') .. code
  local outcome = all[name]
  if not outcome then
    outcome = { lane = lane, state = state, code = code, keys = {}, more = {} }
    all[name] = outcome
    all[#all + 1] = outcome
  end
  outcome.keys[#outcome.keys + 1] = key
  outcome.more[#outcome.more + 1] = more
end

local function entered(...)
  outcomes = outcomes or {}
  gather(outcomes, ...)
end

-- Into the stream of a reader, for which it was rebuilt.
local function publish_to_reader(stream, outcome)
  call('XADD', stream, '*', 's', outcome.state, 'l', outcome.lane, 'c', outcome.code, 'k',
       table.concat(outcome.keys, ' '), 'm', table.concat(outcome.more, ' '))
end

-- A clock that was set back: the ids go on where they were, and each record says with which. The stream knows the last
-- one that it gave, also where somebody took that entry out.
local function publish_behind_last(lane, state, code, keys, more)
  local ms
  local info = call('XINFO', 'STREAM', P .. 'results')
  for i = 1, #info, 2 do
    if info[i] == 'last-generated-id' then ms = string.match(info[i + 1], '^%d+') end
  end
  publish_at(ms, lane, state, code, keys, more)
  for key in string.gmatch(keys, '%S+') do
    if call('EXISTS', record_of .. key) == 1 then call('HSET', record_of .. key, 'r', ms) end
  end
end

-- `failure`: why the entry could not be written.
local function publish_otherwise(failure, lane, state, code, keys, more)
  if string.find(failure, 'WRONGTYPE', 1, true) then
    call('RENAME', P .. 'results', P .. 'spoilt:results')
    publish_at(now_text, lane, state, code, keys, more)
  elseif string.find(failure, 'equal or smaller', 1, true) then
    publish_behind_last(lane, state, code, keys, more)
  end
end

local function write_outcomes()
  for _, outcome in ipairs(outcomes) do
    local keys, more = table.concat(outcome.keys, ' '), table.concat(outcome.more, ' ')
    local found = publish_at(now_text, outcome.lane, outcome.state, outcome.code, keys, more)
    if type(found) == 'table' then
      publish_otherwise(found.err, outcome.lane, outcome.state, outcome.code, keys, more)
    end
  end
  outcomes = nil
end
