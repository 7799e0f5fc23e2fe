-- needs: _clock, arguments; _reader, results/missed, results/spans, results/read, results/unreadable
-- when used: look_at_stream, keys_in, write_missed, why_of_both, widen, merge_oldest, note_found, note_missed,
-- edge_at, later_of, id_before, put_behind_missed, notice_missed, compare_ranks, note_unread, write_reader,
-- beginning, begin, forget_replayed, end_replay, has_side_span, read_side, stream_of, find_trimmed, cut_span
-- results: what readers of an account's results do. Touches p{a}:readers:<name>, readers, replay:<name>; reads results.
-- A reader may begin before the account's first message, so it does not ask for `here`.
--
-- Its arguments are in arguments_results.py. act:
--   read: ends the span `done_first`, and gives the next: one that lapsed, what a replay rebuilt, or what the caller
--         offers: `entry_count` entries behind `after`, of ids from `first` to `last`, `edge` the keys of those with the
--         ms of the last; `follows`: the caller saw `after` right before them. Answers what RESULTS_ANSWER lists;
--         status: given (what was offered), again (`entries`), nothing (or what was offered is not what is next: the
--         caller reads behind `cursor`), full (64 spans are out)
--   done: ends the span `done_first`, which goes up to `done_last`: of another process, or another extent, it is not ended
--   back: ends what of it comes before `next_id`, and has the rest given again at once
--   keep: does the same, but the rest stays with the caller for another lease; status gone where it is another's
--   unread: notes that the caller could not read entries that it was given: behind the arguments their ids, of those that
--         are about messages; `entry_count` more, up to `last`, are of another program
--   drop: takes the reader away
-- Another program's key in place of the reader's is put aside, and so is a reader to which another program wrote: it begins
-- before all that is there.

local entry = P .. 'readers:' .. name

if act == 'drop' then
  local n = call('DEL', entry, P .. 'replay:' .. name, P .. 'spoilt:readers:' .. name)
  return answer_of({ status = call('SREM', P .. 'readers', name) + n > 0 and 'done' or 'gone' })
end

local found = redis.pcall('HGETALL', entry)
local reader = reader_in(found)
if found.err or #found > 0 and not reader then
  call('RENAME', entry, P .. 'spoilt:readers:' .. name)
  return { 'spoilt key', '', '0', entry }
end
if act == 'read' then return read(entry, reader) end
if not reader then return answer_of({ status = 'gone' }) end
if act == 'unread' then return note_unread(entry, reader) end
local is_done = true
if act == 'done' then
  end_own_span(entry, reader)
else
  is_done = cut_span(entry, reader, act == 'keep' and lease_ms or 0)
end
return answer_of({ status = is_done and 'done' or 'gone' })
