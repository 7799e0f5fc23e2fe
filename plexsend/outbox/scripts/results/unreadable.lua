-- needs: _clock, arguments, _reader, results/missed, results/read
-- Entries that a process was given and could not read.

-- Each that is about messages is a window of its own: the proof names them, and a replay gives them again, to a program
-- that can read them. One that is given a second time is not noted again.
local function note_unread(entry, reader)
  for i = FIRST_REST, #ARGV do
    local id = ARGV[i]
    if not reader.missed[id] then
      local edge = edge_at(id, id)
      note_missed(entry, reader, { from = id, to = id, n = 1, why = 'unreadable', from_edge = edge, to_edge = edge })
    end
  end
  local n, until_id = string.match(reader.strange or '', '^(%d+) (%d+%-%d+)$')
  if entry_count > 0 and (not is_id(until_id) or is_before(until_id, last)) then
    call('HSET', entry, 'strange', num((number_in(n) or 0) + entry_count) .. ' ' .. last)
  end
  return answer_with(reader, 'done')
end
