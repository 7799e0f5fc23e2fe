-- needs: _record, _forgetting, _ended, _lanes, _holds, _hold_writing, _gate, _policy, _receipt_wait, _fallback_due
-- What is over: ended records that are old enough, and holds whose time has passed.

local keep_ms

-- Where receipts come, records are kept until there is no hope for one. A sweep looks now and then for how long.
local function kept_for_receipts_ms()
  local known = number_in(call('HGET', P .. 'sweep', 'waits'))
  if known then return known end
  local first = first_receipt()
  return kept_for_receipts(first, first and receipt_waits())
end

-- Asked for when the first list has something that ended.
local function is_kept(ended_ms)
  keep_ms = keep_ms or math.max(math.floor(policy('keep_days') * 86400000 + 0.5), kept_for_receipts_ms())
  return ended_ms > now - keep_ms
end

-- Entries that were ever taken off the front of a list: a place in it is counted from there.
local function trimmed_off(list)
  return number_in(call('HGET', P .. 'sweep', 'trimmed ' .. string.sub(list, #P + 1))) or 0
end

local function trim(list, n)
  if n == 0 then return end
  call('LTRIM', list, num(n), -1)
  call('HINCRBY', P .. 'sweep', 'trimmed ' .. string.sub(list, #P + 1), num(n))
end

-- Lanes with a group of which a record was taken away: it may have been the last. And how many these are.
local thinned, thinned_count = {}, 0

-- An entry counts only if it is about the record's last end (a message asked for again ends twice). Answers whether
-- the record is gone, and whether it stays until its fallback is due.
local function archive(at, key)
  local found = read_record(key, 's', 'e', 'l', 'b', 'w', 'c')
  local lane = lane_named(found[3])
  if lane and found[2] == at and target('archive', found[1]) then
    if due_at({ s = found[1], e = at, b = found[4], w = found[5] or nil }) then return false, true end
    forget(lane, key, found[1], 'archive', found[6])
    if branch_of(lane) and not thinned[lane] then
      thinned[lane], thinned_count = true, thinned_count + 1
    end
    return true
  end
  return false
end

-- A time that is ahead is from before the clock was set back: that record counts as ended now, or it would keep all
-- that ended after it. Where the time said when its end was published, that is written down.
local function end_now(list, at, key)
  local found = read_record(key, 's', 'e')
  local state = found[1]
  if found[2] ~= at or not target('archive', state) then return end
  local ends, fields = read_end(key), { 'e', now_text }
  local is_said = ends.r or BY_RECEIPT(state) and ends.w
  if not is_said then fields[3], fields[4] = 'r', at end
  local lane = lane_named(ends.l)
  call('RPUSH', list, now_text .. ':' .. key)
  if lane then rewrite_end(lane, key, state, ends, fields) else call('HSET', record_of .. key, unpack(fields)) end
end

-- Looks through one list in order of ending; answers whether more of it is old enough, whether it met something that
-- cannot be taken away, since another program wrote to its lane, and how many records are gone. What cannot be taken
-- away goes to the end of the list: it must not keep all that ended after it.
local function tidy(list)
  local entries, done = call('LRANGE', list, 0, MOST_TIDIED - 1), 0
  local has_more, spoilt_count, taken = false, 0, 0
  for _, entry in ipairs(entries) do
    local at, key = string.match(entry, '^(%d+):(.*)$')
    local is_ahead = at and tonumber(at) > now
    if at and not is_ahead and is_kept(tonumber(at)) then break end
    if thinned_count >= MOST_ENDED then
      has_more = true
      break
    end
    done = done + 1
    if is_ahead then
      end_now(list, at, key)
    elseif at then
      local is_done, is_gone, is_awaited = pcall(archive, at, key)
      if is_done and is_awaited then
        -- As one that is not old enough: it is due within days.
        done = done - 1
        break
      end
      if not is_done then
        spoilt_count = spoilt_count + 1
        call('RPUSH', list, entry)
      elseif is_gone then
        taken = taken + 1
      end
    end
  end
  trim(list, done)
  -- Nothing else than what is spoilt can wait until the next look.
  return has_more or done == MOST_TIDIED and spoilt_count < done, spoilt_count > 0, taken
end

-- Holds of a route that end by themselves. Not all of the account's are read: there may be thousands of pauses.
local function tidy_holds(route)
  local fields = hold_fields(route, service_of(route))
  local texts = hold_texts(route, fields)
  for i, field in ipairs(fields) do
    if texts[i] and HOLD_ROWS()[i].ends == 'time' and read_hold(texts[i])['until'] <= now then delete_hold(field) end
  end
end
