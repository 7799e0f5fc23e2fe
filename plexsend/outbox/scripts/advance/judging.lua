-- needs: _holds, _hold_writing, _policy, arguments, advance/names
-- How holds begin, grow and end by what the gateway answered, by the rows of HOLD_ROWS.

-- Whether the batch was taken before this hold last ended: then its answer is about the time before, and
-- begins no second hold.
local function is_outdated(field)
  local eased = call('HGET', P .. 'eased', field)
  local its_drain, its_sequence = string.match(settled_token, '^(.*)%.(%d+)$')
  local last = eased and its_drain and call('HGET', takes, its_drain)
  -- A time that is ahead is from before the clock was set back.
  if not last or tonumber(eased) > now then return false end
  local sequence_taken, taken_at = string.match(last, '^(%d+) (%d+)')
  return sequence_taken == its_sequence and tonumber(taken_at) < (tonumber(eased) or 0)
end

local function begins(row, field)
  return row.begins_again or not is_outdated(field)
end

local function new_hold(until_ms, step, why)
  return { since = now, ['until'] = until_ms, step = step, by = 'gateway', why = why, probe = '' }
end

-- What a probe's answer does to its hold. `effect`: it grows; `good`: it ends; neither: the probe showed nothing,
-- and the next one goes after the same step. `keep_step`: with an effect, but without doubling.
local function end_probe(row, field, hold, effect, good, keep_step)
  if effect then
    if not keep_step then hold.step = math.min(hold.step * 2, policy_ms(row.longest, service)) end
    hold['until'], hold.probe, hold.why = now + math.max(hold.step, effect.number), '', effect.text
    write_hold(field, hold)
  elseif good then
    end_hold(field)
  else
    hold['until'], hold.probe = now + hold.step, ''
    write_hold(field, hold)
  end
  -- Lanes put to sleep during the probe must be woken at the new time.
  return true
end

-- A hold that ends by a probe. The effect of a message that went alone begins no hold and doubles no step,
-- unless the gateway named a time.
local function judge(row, field, seen, text)
  local hinted = row.hinted_by and seen[row.hinted_by]
  local effect = seen[row.begun_by] or hinted
  local keep_step = hinted and hinted.number == 0
  local hold = read_hold(text)
  if not hold then
    if effect and not keep_step and begins(row, field) then
      local step = policy_ms(row.first, service)
      write_hold(field, new_hold(now + math.max(step, effect.number), step, effect.text))
    end
  elseif hold.unreadable then
    return
  elseif hold.probe ~= '' and hold.probe == settled_token then
    return end_probe(row, field, hold, effect, seen[row.ended_by] ~= nil, keep_step)
  elseif effect and effect.number > 0 and now + effect.number > hold['until'] then
    hold['until'] = now + effect.number
    write_hold(field, hold)
  end
end

local function hold_for_a_person(row, field, effect, text)
  if not text and begins(row, field) then write_hold(field, new_hold(0, 0, effect.text)) end
end

-- A hold that ends by itself; one that only makes batches smaller halves them each time that it begins again.
local function hold_for_a_time(row, field, effect, text)
  local old = read_hold(text)
  if not old and not begins(row, field) then return end
  local most = row.most_at_once
  if not most then
    most = math.max(1, math.floor(effect.number / 2))
    if old and old['until'] > now then most = math.min(most, old.step) end
  end
  local hold = new_hold(now + row.lasts_ms, most, effect.text)
  hold.since = old and old.since or now
  write_hold(field, hold)
end

-- What a settlement does to the hold of one row. `text`: the hold as it is kept, where there is one; `seen`: the
-- effects by their kinds. Answers whether lanes are to be woken.
local function judge_hold(row, field, seen, text)
  if row.ends == 'probe' then
    return judge(row, field, seen, text)
  elseif seen[row.begun_by] then
    local begin = row.ends == 'person' and hold_for_a_person or hold_for_a_time
    begin(row, field, seen[row.begun_by], text)
  end
end
