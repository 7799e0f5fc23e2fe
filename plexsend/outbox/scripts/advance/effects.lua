-- needs: _holds, _gate, _counts, _policy, _day, arguments, advance/names, advance/policies, advance/leases, advance/settle
-- What a settlement does beyond its messages: it begins, prolongs and ends holds, by the rows of HOLDS.

local holds_ended = false

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
  holds_ended = true
end

-- A hold that ends by a probe. The effect of a message that went alone begins no hold and doubles no step,
-- unless the gateway named a time.
local function judge(row, field, seen)
  local hinted = row.hinted_by and seen[row.hinted_by]
  local effect = seen[row.begun_by] or hinted
  local keep_step = hinted and hinted.number == 0
  local hold = read_hold(call('HGET', P .. 'holds', field))
  if not hold then
    if effect and not keep_step and begins(row, field) then
      local step = policy_ms(row.first, service)
      write_hold(field, new_hold(now + math.max(step, effect.number), step, effect.text))
    end
  elseif hold.unreadable then
    return
  elseif hold.probe ~= '' and hold.probe == settled_token then
    end_probe(row, field, hold, effect, seen[row.ended_by] ~= nil, keep_step)
  elseif effect and effect.number > 0 and now + effect.number > hold['until'] then
    hold['until'] = now + effect.number
    write_hold(field, hold)
  end
end

local function hold_for_a_person(row, field, effect)
  if call('HEXISTS', P .. 'holds', field) == 0 and begins(row, field) then
    write_hold(field, new_hold(0, 0, effect.text))
  end
end

-- A hold that ends by itself; one that only makes batches smaller halves them each time that it begins again.
local function hold_for_a_time(row, field, effect)
  local old = read_hold(call('HGET', P .. 'holds', field))
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

local function apply_effects()
  local covers, seen = hold_fields(route, service), {}
  for i = 0, effect_count - 1 do
    local effect = read_effect(FIRST_REST + i * EFFECT_LENGTH)
    seen[effect.kind] = effect
  end
  if sender.refused ~= '' then
    -- Only this secret is refused: whether the account is held depends on what the other processes have.
    call('HSET', P .. 'refused', sender.refused, now_text)
    seen.auth = nil
  end
  if seen.request and fresh > 0 then
    count(route, 'batches', 1)
    count(route, 'fill', seen.request.number)
  elseif fresh > 0 and rate_per_s > 0 and settled_take > 0 then
    -- No request was made: what was charged for the take goes back.
    refund(fresh, fresh_of)
  end
  local never_sent = not seen.request and settled_take > 0 and fresh or unsent
  if daily_limit > 0 and never_sent > 0 then count_back(service, never_sent, settled_ms) end
  -- An acceptance can end a probe's hold too; it comes as a verdict, not as an effect.
  seen.accepted = accepted_any or nil
  for i, row in ipairs(covers.rows) do
    if row.ends == 'probe' then
      judge(row, covers.fields[i], seen)
    elseif seen[row.begun_by] then
      local begin = row.ends == 'person' and hold_for_a_person or hold_for_a_time
      begin(row, covers.fields[i], seen[row.begun_by])
    end
  end
end
