-- needs: _clock, _here, _lanes, arguments; _counts, _record, _wake, _holds, _gate, _policy, _ending, _closings,
-- needs: _outlook, sweep/retention, healing
-- heal: looks over what the caller names, because it walks over all of the account from time to time. Touches p{a}:
-- lanes, routes, closed, holds, wake, wake:routes, ended; of the lanes named: all; of the messages named: the set in
-- which each belongs. It needs no lease: what was put right is right for the next call.
--
-- act, and what follows the arguments:
--   lanes: names of lanes and closed groups. Answers {'healed', spoilt names, names of lanes of the account}
--   records: keys of messages. Answers {'healed', keys that could not be looked at, keys that were put back}

if not is_here then return { 'moved' } end

local spoilt, found = {}, {}
local look = act == 'records' and put_back or look_over_named
for i = FIRST_REST, #ARGV do
  local is_done, first, second = pcall(look, ARGV[i])
  if act == 'records' then first, second = true, first end
  if not (is_done and first) then spoilt[#spoilt + 1] = ARGV[i] end
  if is_done and second then found[#found + 1] = ARGV[i] end
end
write_counts()
return { 'healed', spoilt, found }
