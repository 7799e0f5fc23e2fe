-- needs: _clock, arguments;
-- tally: adds what a process has counted since it last wrote that down. Of the whole fleet: KEYS[1] is the prefix.
-- Touches p metrics.
--
-- Its arguments are in arguments.py; after them fields of `metrics`, each followed by what is to be added. A call whose
-- reply was lost comes again under its sequence, and nothing is added twice. Answers 1 where it was added.

local key, noted = P .. 'metrics', 'flushed ' .. process
local was = call('HGET', key, noted)
if was and tonumber(string.match(was, '^%d+')) == sequence then return { 0 } end

-- The first call of a process forgets those that are gone: they will not repeat a call any more.
if not was then
  local fields = call('HGETALL', key)
  for i = 1, #fields, 2 do
    local at = string.find(fields[i], '^flushed ') and tonumber(string.match(fields[i + 1], ' (%d+)$'))
    if at and now - at > FLUSHED_KEPT_MS then call('HDEL', key, fields[i]) end
  end
end

call('HSET', key, noted, num(sequence) .. ' ' .. now_text)
-- A field that is not a number stays as it is: the others are added all the same.
for i = FIRST_REST, #ARGV, 2 do redis.pcall('HINCRBY', key, ARGV[i], ARGV[i + 1]) end
return { 1 }
