-- needs: _record, arguments, advance/names
-- What comes back unsent or undecided, and the state that it gets. The flags say which states it may not get.

local function position(key)
  return number_in(call('HGET', record_of .. key, 'p')) or 0
end

local function come_back(home, key, flags, outcome, delay_ms, code, detail)
  local fields = { 'f', flags, 'c', code }
  if home ~= lane then came_back[home] = true end
  if mode == 'settle' then
    fields[#fields + 1] = 'k'
    fields[#fields + 1] = ''
  end
  if has(flags, CANCEL_WANTED) then
    if has(flags, MAY_HAVE_BEEN_SENT) then
      move(home, key, 'sending', 'park', now, fields)
      note(key, 'park', code, 'cancel wanted, but it may have been sent')
    else
      move(home, key, 'sending', 'cancel', 0, fields)
      note(key, 'cancel', code, 'came back unsent')
    end
  elseif outcome == 'park' then
    move(home, key, 'sending', 'park', now, fields)
    note(key, 'park', code, detail)
  elseif delay_ms > 0 then
    move(home, key, 'sending', 'postpone', now + delay_ms, fields)
    note(key, 'postpone', code, detail)
  else
    move(home, key, 'sending', 'give_back', position(key), fields)
    note(key, 'give_back', code, detail)
  end
end

-- When it was first uncertain, and until when it may be sent again. An answer without such a window does not
-- take away one that an earlier silence set.
local function note_window(m, verdict)
  call('HSETNX', m, 'g', now_text)
  if verdict.until_ms > 0 then call('HSET', m, 'u', num(verdict.until_ms)) end
end
