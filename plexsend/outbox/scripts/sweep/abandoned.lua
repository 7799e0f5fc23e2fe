-- needs: _record, sweep/leader
-- Messages whose drain did not settle them in time: answered to the caller, which judges them and settles them
-- through advance, fenced by their tokens like any other verdict.

local abandoned = {}

-- Answers whether there is something abandoned in the lane, judged now or (while it is quiet) later.
local function find_abandoned(lane)
  local sending = lane_key(lane, 'sending')
  local most = math.max(1, MOST_ABANDONED - #abandoned)
  local keys = call('ZRANGEBYSCORE', sending, '-inf', now_text, 'LIMIT', 0, most)
  if #keys == 0 or now < quiet or #abandoned >= MOST_ABANDONED then return #keys > 0 end
  -- What a server that went back in time left here is for a person to decide about, with all the rest.
  if call('HEXISTS', P .. 'forgotten', 'from') == 1 then return true end
  for _, key in ipairs(keys) do
    local facts = read_record(key, 'k', 'v', 'n', 'y', 'g', 'o', 'x', 'f', 's')
    if facts[9] == 'sending' and is_plain(key) then
      local found = { lane, key }
      for i = 1, 8 do found[#found + 1] = facts[i] or '' end
      abandoned[#abandoned + 1] = found
    else
      -- No record, or one in another state: only a restored backup does this. audit names it.
      call('ZREM', sending, key)
    end
  end
  return #keys > 0
end
