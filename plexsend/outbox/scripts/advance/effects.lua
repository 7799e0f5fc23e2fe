-- needs: _gate, _counts, _day, arguments, advance/names, advance/policies, advance/permits, advance/settle,
-- needs: advance/judging
-- What a settlement does beyond its messages: it begins, prolongs and ends holds, by the rows of HOLD_ROWS.

local holds_ended = false

-- The places of the rows that one of these effects begins or hints at; nil for none, as in most calls.
local function begun_by(seen)
  local places
  for kind in pairs(seen) do
    for place in string.gmatch(BEGUN_BY, ' ' .. kind .. ':(%d+)') do
      places = places or {}
      places[tonumber(place)] = true
    end
  end
  return places
end

-- Where `holds` cannot be read nothing is sent, and no hold begins.
local function judge_holds(seen)
  local fields = hold_fields(route, service)
  local is_read, texts = pcall(hold_texts, route, fields)
  if not is_read then return end
  local begun = begun_by(seen)
  for i, field in ipairs(fields) do
    -- What is not held and had no effect is what most batches find.
    if texts[i] or begun and begun[i] then
      holds_ended = judge_hold(row_of(i), field, seen, texts[i]) or holds_ended
    end
  end
end

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
  judge_holds(seen)
end
