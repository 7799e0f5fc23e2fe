-- needs: _clock, arguments;
-- form: in which form the fleet writes. Of the whole fleet: KEYS[1] is the prefix. Touches p format, older; reads p
-- lanes, accounts.
--
-- A prefix without any account begins with the newest form. Another goes over to it once one process after the
-- other has looked for ten minutes without a gap, and none saw a program that does not know it.
--
-- Its arguments are in arguments.py. watches: whether the caller looks for older programs all the time; saw_older:
-- whether it sees one now. Answers {form}.

local format = tonumber(call('GET', P .. 'format') or '')

local function go_over()
  call('SET', P .. 'format', num(newest))
  call('DEL', P .. 'older')
  format = newest
end

local function watch()
  local found = call('HMGET', P .. 'older', 'seen', 'watched')
  local seen, watched = tonumber(found[1] or ''), tonumber(found[2] or '')
  -- A time that is ahead is from before the clock was set back.
  local is_whole = seen and watched and seen <= now and watched <= now and now - watched <= LONGEST_GAP_MS
  if saw_older or not is_whole then seen = now end
  if now - seen >= OLDER_COUNTS_MS then return go_over() end
  call('HSET', P .. 'older', 'seen', num(seen), 'watched', now_text)
end

if not format then
  if call('SCARD', P .. 'lanes') == 0 and call('SCARD', P .. 'accounts') == 0 then
    go_over()
  else
    format = 1
  end
end
if watches and format < newest then watch() end
return { num(format) }
