-- needs: _gate, _counts, _day, arguments, advance/names, advance/policies, advance/permits, advance/settle,
-- needs: advance/judging
-- What a settlement does beyond its messages: it begins, prolongs and ends holds, by the rows of HOLDS.

local holds_ended = false

local function apply_effects()
  local covers, seen = hold_fields(route, service), {}
  for i = 0, effect_count - 1 do
    local effect = read_effect(FIRST_REST + i * EFFECT_LENGTH)
    seen[effect.kind] = effect
  end
  if sender.refused ~= '' then
    -- Only this secret is refused: whether the account is held depends on what the other processes have.
    call('HSET', P .. 'refused', sender.refused, now_text)
    any_refused = true
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
  local texts = call('HMGET', P .. 'holds', unpack(covers.fields))
  for i, row in ipairs(covers.rows) do
    -- What is not held and had no effect is what most batches find.
    if texts[i] or seen[row.begun_by] or seen[row.hinted_by] then
      holds_ended = judge_hold(row, covers.fields[i], seen, texts[i]) or holds_ended
    end
  end
end
