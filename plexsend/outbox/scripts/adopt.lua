-- needs: _clock, arguments;
-- adopt: takes in what an older program wrote of an account. Touches p{a}:here; reads the counts of the lanes named.
-- may_write_here: whether the account was never announced by a program that writes `here`.
--
-- Its arguments are in arguments.py; after them the names of the account's lanes, as `p lanes` has them.
-- Answers {'adopted'}; {'empty'} where none of the lanes ever had a message; {'moved'} where the account should be
-- here and is not.

local function had_messages()
  for i = FIRST_REST, #ARGV do
    -- An error, where another program put something else there.
    if redis.pcall('HEXISTS', lane_key(ARGV[i], 'counts'), 'submitted') == 1 then return true end
  end
  return false
end

if call('EXISTS', P .. 'here') == 0 then
  if not may_write_here then return { 'moved' } end
  if not had_messages() then return { 'empty' } end
  call('SET', P .. 'here', now_text)
end
return { 'adopted' }
