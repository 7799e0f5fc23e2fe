-- needs: _clock, arguments;
-- alive: a process's sign of life, once a second. The one script of the whole fleet: KEYS[1] is the prefix.
-- Touches p alive, fleet, lanes.
--
-- Its arguments are in arguments.py. With `announced` it writes only that: a command of its own would be refused by a
-- server whose memory is full, and the fleet that is to free it would fall apart.
-- Answers: now; 1 where the process was not known; how many lanes there are; its last sign before. The
-- caller reads the signs of the others by itself: through a script a hundred of them cost three times as much.

if announced ~= '' then
  return { now_text, call('HSET', P .. 'fleet', process, announced), 0 }
end

local was = call('HGET', P .. 'alive', process) or ''
local is_new = call('HSET', P .. 'alive', process, now_text .. ' ' .. num(busy) .. ' ' .. num(revision))
return { now_text, is_new, call('SCARD', P .. 'lanes'), was }
