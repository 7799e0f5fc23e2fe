-- needs: _lanes, _fates
-- What became of rows of runs is written when their records go: a record that is there has none yet.

-- The fate that a row has beside the record of its message, nil where there is none. Of a message with a fallback it may
-- be that of the other record, which has gone.
local function fate_beside(lane, key, state, code, b)
  local group = group_of(lane)
  if not is_run(group) then return nil end
  -- A key of another type is reported by itself.
  local is_read, run = pcall(read_noted, group)
  local row = is_read and run and not b and string.sub(key, -#FALLBACK_MARK) ~= FALLBACK_MARK and row_of(run, key)
  if not row then return nil end
  local byte = redis.pcall('GETRANGE', fates_key(group), num(row), num(row))
  if type(byte) ~= 'string' or not string.find(byte, '%l') or byte == fate_of(state, code) then return nil end
  return byte
end
