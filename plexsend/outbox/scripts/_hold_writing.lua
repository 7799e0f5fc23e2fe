-- needs: _clock, _holds
-- How holds are written: most calls write none. What was read in this call before does not count any more then.

local function forget_texts()
  for lane in pairs(texts_of) do texts_of[lane] = nil end
end

local function write_hold(field, hold)
  forget_texts()
  call('HSET', P .. 'holds', field, cjson.encode(hold))
end

-- Answers whether there was one.
local function delete_hold(field)
  forget_texts()
  return call('HDEL', P .. 'holds', field) == 1
end

-- Whether an answer of the gateway can begin this hold; a pause is begun by a person alone.
local function is_begun_by_answer(field)
  for _, row in ipairs(HOLD_ROWS()) do
    if row.begun_by and string.sub(field, 1, #row.prefix) == row.prefix then return true end
  end
  return false
end

-- When a hold ended is remembered: a batch taken before does not begin it again. Answers whether there was one.
local function end_hold(field)
  if is_begun_by_answer(field) and call('HEXISTS', P .. 'holds', field) == 1 then
    call('HSET', P .. 'eased', field, now_text)
  end
  return delete_hold(field)
end
