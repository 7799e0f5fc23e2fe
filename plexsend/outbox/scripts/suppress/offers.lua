-- needs: _clock, arguments; _suppressed, _suppressing
-- What receipts offered, a person decides about: by bucket, since nobody knows the numbers.

local function is_chosen(entry)
  if entry.kind ~= 'offered' then return false end
  local at = entry.hour * HOUR_MS
  return at >= since_ms and (until_ms == 0 or at < until_ms)
end

-- What is offered becomes `all` by this origin, unless it is so already. Answers how many entries were decided.
local function decide_entries(entries, origin_number)
  local kept, count = {}, 0
  for _, entry in ipairs(entries) do
    if is_chosen(entry) then
      count_change(entry, -1)
      count = count + 1
      if act == 'accept' and not find_entry(entries, 'all', entry.scope) then
        entry = { kind = 'all', told = true, scope = entry.scope, origin = origin_number,
                  hour = math.floor(now / HOUR_MS) }
        count_change(entry, 1)
        kept[#kept + 1] = entry
      end
    else
      kept[#kept + 1] = entry
    end
  end
  return kept, count
end

local function decide_bucket(bucket, origin_number)
  local key, total = P .. 'suppressed:' .. bucket, 0
  local found = call('HGETALL', key)
  for at = 1, #found, 2 do
    local kept, count = decide_entries(read_entries(found[at + 1]), origin_number)
    if count > 0 then write_entries(key, found[at], kept) end
    total = total + count
  end
  return total
end
