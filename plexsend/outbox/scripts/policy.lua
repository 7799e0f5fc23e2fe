-- needs: _clock, _here, arguments;
-- policy: writes what is in force in the account, for the other scripts. Touches p{a}:policy.
-- Its arguments are in arguments.py; after them name, value, name, value ...
-- is_early: whether the account may have no message yet; else it answers {'moved'} where the account is not here.
-- Answers {'written'}, or {'older'} where what is there was made from a newer state of the fleet's policies.

if not is_here and not is_early then return { 'moved' } end
-- What another program put there gives way, since all of it is written here.
local held = number_in(redis.pcall('HGET', P .. 'policy', 'epoch')) or 0
if held > epoch then return { 'older' } end
local fields = { 'epoch', num(epoch) }
for i = FIRST_REST, FIRST_REST + count - 1 do fields[#fields + 1] = ARGV[i] end
call('DEL', P .. 'policy')
call('HSET', P .. 'policy', unpack(fields))
return { 'written' }
