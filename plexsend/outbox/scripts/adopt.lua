-- needs: _clock, arguments; _lanes
-- adopt: takes in what an older program wrote of an account. Touches p{a}:here, lanes, routes; reads the counts of the lanes named.
-- may_write_here: whether the account was never announced by a program that writes `here`.
--
-- Its arguments are in arguments.py; after them the names of the account's lanes, as `p lanes` has them.
-- Answers {'adopted'}; {'empty'} where one of the lanes never had a message yet; {'moved'} where the account should be
-- here and is not.

local function had_messages(lane)
  -- An error, where another program put something else there.
  return redis.pcall('HEXISTS', lane_key(lane, 'counts'), 'submitted') == 1
end

local used = {}
for i = FIRST_REST, #ARGV do
  if had_messages(ARGV[i]) then used[#used + 1] = ARGV[i] end
end
if call('EXISTS', P .. 'here') == 0 then
  if not may_write_here then return { 'moved' } end
  if #used == 0 then return { 'empty' } end
  call('SET', P .. 'here', now_text)
end
for _, lane in ipairs(used) do number_of(lane) end
return { #used == #ARGV - FIRST_REST + 1 and 'adopted' or 'empty' }
