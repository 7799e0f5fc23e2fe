-- needs: _clock, _here, arguments; _counts, _record, _lanes, _ending, sweep/retention
-- prune: takes away records that ended before a time that a person names, as a sweep does with those that are older
-- than the policy says. Touches p{a}:ended (or the lane's, where one is named) and m: b: h: of what it takes away,
-- counts of their lanes, and the lanes with a group that end with it. At most MOST_TIDIED entries are looked at in a
-- call. Answers {'more' or 'end', records taken away}.

if not is_here then return { 'moved' } end

keep_ms = older_ms
local list = lane == '' and P .. 'ended' or lane_key(lane, 'ended')
local has_more, _, taken = tidy(list)
write_counts()
for thin in pairs(thinned) do pcall(end_if_over, thin) end
return { has_more and 'more' or 'end', num(taken) }
