-- needs: _clock
-- Permits of a service: GCRA with a tolerance of two full batches, so that in no second more than the rate and
-- two full batches are granted.

-- A stored time further ahead than the tolerance means that the clock was set back: it is cut, to the safe side,
-- and written, or it would be cut again at each look and there would never be a permit.
local function rate_state(service, rate_per_s, most_items)
  local each = 1000000 / rate_per_s
  local tolerance = 2 * most_items * each
  local stored = number_in(call('GET', P .. service .. ':rate')) or 0
  local tat = math.max(stored, now_us)
  if tat > now_us + tolerance + 1 then
    tat = now_us + tolerance
    call('SET', P .. service .. ':rate', num(math.ceil(tat)), 'PX', num(tolerance / 1000 + RATE_KEPT_MS))
  end
  return { each = each, tolerance = tolerance, tat = tat,
           permits = math.floor((now_us + tolerance - tat) / each + 0.000001) }
end

-- ms from now until `n` permits are there; 0 when they are.
local function rate_wait(state, n)
  return math.max(0, math.ceil((state.tat + n * state.each - state.tolerance - now_us) / 1000))
end
