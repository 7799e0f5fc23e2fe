-- needs: _clock, _policy
-- What applications hear of: messages that came into a state that ends them, or that waits for a person.

-- Days for which results are kept. Who reads its policies together says it, else it is asked for.
local results_days = nil

-- What is gathered until the end of the script, see _publishing; nil for nothing.
local outcomes = nil

-- Publishes one entry for all messages that share lane, state and code: their keys, and what receipts say of each, with
-- blanks between. Answers nil, the entry's id, or an error, which must not undo what was written.
local function publish_at(ms, lane, state, code, keys, more)
  if not results_days then
    local is_read, days = pcall(policy, 'results_keep_days')
    results_days = is_read and days or DEFAULT_RESULTS_KEEP_DAYS
  end
  if results_days == 0 then return nil end
  return redis.pcall('XADD', P .. 'results', 'MINID', '~', num(math.max(0, now - results_days * 86400000)), ms .. '-*',
                     's', state, 'l', lane, 'c', code, 'k', keys, 'm', more)
end
