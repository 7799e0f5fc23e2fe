-- needs: _gate, _counts, _day, arguments, advance/names, advance/policies, advance/permits, advance/settle,
-- needs: advance/judging
-- What a settlement does beyond its messages: it begins, prolongs and ends holds, by the rows of HOLD_ROWS.

local holds_ended = false

local function apply_effects()
  local seen = {}
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
  -- Where `holds` cannot be read nothing is sent, and no hold begins.
  local fields = hold_fields(route, service)
  local is_read, texts = pcall(hold_texts, route, fields)
  if not is_read then return end
  -- The places of the rows that one of these effects begins or hints at: none, in most calls.
  local begun = ''
  for kind in pairs(seen) do
    if string.find(BEGUN_BY, ' ' .. kind .. ':', 1, true) then
      begun = begun .. string.match(BEGUN_BY, ' ' .. kind .. ':(%S+)')
    end
  end
  for i, field in ipairs(fields) do
    -- What is not held and had no effect is what most batches find.
    if texts[i] or begun ~= '' and string.find(begun, ',' .. i .. ',', 1, true) then
      holds_ended = judge_hold(HOLD_ROWS()[i], field, seen, texts[i]) or holds_ended
    end
  end
end
