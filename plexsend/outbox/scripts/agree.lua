-- needs: _clock, arguments;
-- agree: changes what the fleet agreed on. Like alive on the keys of the whole fleet: KEYS[1] is the prefix.
-- Touches p policy, policy:history.
-- expected: the epoch from which the change was computed, or -1: whatever it is.
--
-- Its arguments are in arguments.py; after them name, value, name, value ..., then names that go, then entries of
-- the history. Answers {'agreed', how many went}, or {'changed', '0'} where the epoch is another by now.

local epoch = tonumber(call('HGET', P .. 'policy', 'epoch') or nil) or 0
if expected >= 0 and expected ~= epoch then return { 'changed', '0' } end
local first_gone = FIRST_REST + 2 * count
for i = FIRST_REST, first_gone - 1, 2 do call('HSET', P .. 'policy', ARGV[i], ARGV[i + 1]) end
local went = 0
for i = first_gone, first_gone + gone - 1 do went = went + call('HDEL', P .. 'policy', ARGV[i]) end
for i = first_gone + gone, #ARGV do call('RPUSH', P .. 'policy:history', ARGV[i]) end
call('LTRIM', P .. 'policy:history', -POLICY_CHANGES, -1)
call('HINCRBY', P .. 'policy', 'epoch', 1)
return { 'agreed', num(went) }
