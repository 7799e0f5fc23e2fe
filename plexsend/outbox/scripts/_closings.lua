-- needs: _clock
-- Groups that a cancel closed: `closed`, JSON inside. An entry stays for as long as somebody may still submit.

-- nil where it cannot be read: such an entry closes its group too, until a person opens it.
local function read_closing(text)
  local read, closing = pcall(cjson.decode, text)
  if not read or type(closing) ~= 'table' or type(closing.since) ~= 'number' then return nil end
  return closing
end

-- ms at which the group was last closed to somebody.
local function last_closed(closing)
  return math.max(closing.since, tonumber(closing.asked) or 0)
end

-- A submit was refused. Written down once in a while, whatever a producer that tries again and again does.
local function note_refusal(group, text)
  local closing = read_closing(text)
  if closing and now - last_closed(closing) >= REFUSAL_NOTED_MS then
    closing.asked = now
    call('HSET', P .. 'closed', group, cjson.encode(closing))
  end
end
