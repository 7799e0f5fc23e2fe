-- needs: _runs, _lanes
-- Fates: one byte for each row of a run, what became of it, kept beyond the records of its messages.

-- Group -> what its run says of its rows, read once a call; nil where nothing is to be noted of them any more.
local noted_of = {}

local function read_noted(group)
  if noted_of[group] == nil then
    local found = call('HMGET', run_key(group), 'id', 'rows', 'dropped', 'firsts')
    noted_of[group] = found[1] and not found[3] and { id = found[1], rows = number_in(found[2]) or 0, firsts = found[4] }
                      or false
  end
  return noted_of[group] or nil
end

local function fate_rank(byte)
  return string.find(FATE_RANKS, string.char(byte), 1, true) or 0
end

-- Of the messages of a chain the better fate counts, whichever record goes first. `is_better`: says so otherwise.
local function note_fate(group, row, letter, is_better)
  local place = '#' .. num(row)
  local byte = string.byte(letter)
  local before = call('BITFIELD', fates_key(group), 'SET', 'u8', place, num(byte))[1]
  is_better = is_better or function(one, other) return fate_rank(one) > fate_rank(other) end
  if is_better(before, byte) then call('BITFIELD', fates_key(group), 'SET', 'u8', place, num(before)) end
end

-- As rows are counted: a fallback that went counts, unless its first may have reached somebody.
local function better_in_chain(run, key)
  local may_have_reached = fate_rank(string.byte(string.match(FATE_OF, ' unknown=(%l)')))
  if is_among(run.firsts, key) then return nil end
  if string.sub(key, -#FALLBACK_MARK) == FALLBACK_MARK then
    return function(of_first, own)
      return fate_rank(of_first) >= may_have_reached and fate_rank(of_first) > fate_rank(own)
    end
  end
  return function(before, own)
    if fate_rank(before) == 0 or fate_rank(before) > fate_rank(own) then return fate_rank(before) > 0 end
    return fate_rank(own) < may_have_reached and redis.pcall('HGET', record_of .. key, 'b') == FALLBACK_MADE
  end
end

-- The row of a message of the run, or of its fallback; nil where its key is not one that a feeder gave.
local function row_of(run, key)
  local id, row = string.match(string.gsub(key, FALLBACK_MARK .. '$', ''), '^(%x+)%-(%d+)$')
  row = id == run.id and number_in(row)
  return row and row < run.rows and row or nil
end

-- What a row is counted as whose message ended so.
local function is_kept_back(state, code)
  return state == 'cancelled' and string.find(KEPT_BACK, ' ' .. (code or '-') .. ' ', 1, true)
end

local function fate_of(state, code)
  return string.match(FATE_OF, ' ' .. (is_kept_back(state, code) and 'suppressed' or state) .. '=(%l)')
end

-- Of the rows of a run one message more, or less (`n`: -1), counts by another one. `word`: its state, or suppressed.
local function count_first(group, word, n)
  n = n or 1
  if word == 'suppressed' then call('HINCRBY', run_key(group), 'n:suppressed', num(-n)) end
  call('HINCRBY', run_key(group), 'n:b:' .. (word == 'suppressed' and 'cancelled' or word), num(n))
end

-- Before a record goes: what counts of the rows whose first counts stays as it is.
local function keep_first(lane, key, state, code)
  local group = group_of(lane)
  if not is_run(group) then return end
  local run = read_noted(group)
  local rows = run and run.firsts or not run and redis.pcall('HGET', run_key(group), 'firsts')
  if type(rows) ~= 'string' or not is_among(rows, key) then return end
  if string.sub(key, -#FALLBACK_MARK) == FALLBACK_MARK then
    count_first(group, is_kept_back(state, code) and 'suppressed' or state)
  elseif redis.pcall('HGET', record_of .. key, 'b') == FALLBACK_MADE then
    count_first(group, state, -1)
  end
end

-- Writes what became of a message before its record goes, where it is of a run.
local function keep_fate(lane, key, state, code)
  local group = group_of(lane)
  local run = is_run(group) and read_noted(group)
  local row = run and row_of(run, key)
  if row then note_fate(group, row, fate_of(state, code), better_in_chain(run, key)) end
end
