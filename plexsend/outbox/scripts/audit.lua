-- needs: _clock, arguments; _lanes, _wake, _holds, _gate, _policy, _outlook, audit/lanes, audit/fields, audit/records, audit/contents,
-- needs: audit/strays, audit/holds
-- audit: looks at lanes or messages of an account and writes nothing. So it runs where the account's messages should
-- not be, too, and says what is there. Reads of the lanes named: all but their route's drains and takes; of the
-- messages named: m: b: and their places; lanes, routes, holds, wake, wake:routes, policy.
--
-- Its arguments are in arguments.py. act, and what follows them:
--   lanes:   names. Answers ms, then for each {counts, sizes of SETS (-1: of another type), what is wrong}
--   records: keys of records. Answers {tallies, those that ended since `since_ms`, breaks, needing, fields of days}, see
--            audit/records and audit/fields
--   contents: the same of those that may have a wrong body. Answers {breaks, bodies}
--   members: keys that were in the set `part` of `lane`. Answers {breaks}
--   bodies:  keys of messages with a body. Answers {breaks}
--   histories: the same of histories.
--   fallbacks: the same of fallbacks that are kept.
--   holds:   nothing. Answers the fields of holds that will not end
-- A break is {key, lane, what, more}.

local looks = {
  records = look_at_record, contents = look_at_record, members = look_at_member, bodies = look_at_body,
  histories = look_at_history, fallbacks = look_at_fallback,
}

if act == 'lanes' then
  local answer = { now_text }
  for i = FIRST_REST, #ARGV do answer[#answer + 1] = look_at_lane(ARGV[i]) end
  return answer
end
if act == 'holds' then return look_at_holds() end
for i = FIRST_REST, #ARGV do looks[act](ARGV[i], i) end
if act == 'records' then
  look_at_all_that_they_need()
  return { tallies(), ended_since(), breaks, needing, fields_of_days() }
end
if act == 'contents' then
  local bodies = bodies_with_digests()
  return { breaks, bodies }
end
return { breaks }
