-- needs: _runs, _lanes
-- Fates: one byte for each row of a run, what became of it, kept beyond the records of its messages.

-- Group -> what its run says of its rows, read once a call; nil where nothing is to be noted of them any more.
local noted_of = {}

local function read_noted(group)
  if noted_of[group] == nil then
    local found = call('HMGET', run_key(group), 'id', 'rows', 'dropped')
    noted_of[group] = found[1] and not found[3] and { id = found[1], rows = number_in(found[2]) or 0 } or false
  end
  return noted_of[group] or nil
end

local function fate_rank(byte)
  return string.find(FATE_RANKS, string.char(byte), 1, true) or 0
end

-- Of the messages of a chain the better fate counts, whichever record goes first.
local function note_fate(group, row, letter)
  local place = '#' .. num(row)
  local byte = string.byte(letter)
  local before = call('BITFIELD', fates_key(group), 'SET', 'u8', place, num(byte))[1]
  if fate_rank(before) > fate_rank(byte) then call('BITFIELD', fates_key(group), 'SET', 'u8', place, num(before)) end
end

-- The row of a message of the run, or of its fallback; nil where its key is not one that a feeder gave.
local function row_of(run, key)
  local id, row = string.match(string.gsub(key, FALLBACK_MARK .. '$', ''), '^(%x+)%-(%d+)$')
  row = id == run.id and number_in(row)
  return row and row < run.rows and row or nil
end

-- What a row is counted as whose message ended so.
local function fate_of(state, code)
  local is_kept_back = state == 'cancelled' and string.find(KEPT_BACK, ' ' .. (code or '-') .. ' ', 1, true)
  return string.match(FATE_OF, ' ' .. (is_kept_back and 'suppressed' or state) .. '=(%l)')
end

-- Writes what became of a message before its record goes, where it is of a run.
local function keep_fate(lane, key, state, code)
  local group = group_of(lane)
  local run = is_run(group) and read_noted(group)
  local row = run and row_of(run, key)
  if row then note_fate(group, row, fate_of(state, code)) end
end
