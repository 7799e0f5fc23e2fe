-- needs: _clock
-- A hold as it is kept: a field of `holds`, JSON inside.

-- A hold that another program spoilt is held until a person resumes it: nothing is sent by guessing. What cannot be
-- written back is spoilt too: a probe that goes must be noted in its hold.
local function read_hold(text)
  if not text then return nil end
  local read, hold = pcall(cjson.decode, text)
  if read and type(hold) == 'table' and type(hold['until']) == 'number' and number_in(hold['until'])
     and type(hold.step) == 'number' and number_in(hold.step) and type(hold.probe) == 'string'
     and (hold.probe_until == nil or type(hold.probe_until) == 'number') and pcall(cjson.encode, hold) then
    return hold
  end
  return { since = 0, ['until'] = 0, step = 0, by = 'unknown', why = 'cannot be read', probe = '', unreadable = true }
end

-- Texts of holds as they were read in this call, for each lane that asked: settling and taking share them.
local texts_of = {}

local function hold_texts(lane, fields)
  local texts = texts_of[lane]
  if not texts then
    texts = call('HMGET', P .. 'holds', unpack(fields))
    texts_of[lane] = texts
  end
  return texts
end
