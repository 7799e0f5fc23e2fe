-- needs: _rewound, _gate, _wake, arguments, advance/names, advance/leases, advance/late, advance/batch
-- The caller's process knows of takes that this server forgot: nothing is taken in this call. Where little is gone the
-- next call takes, since what may go twice is counted by then; else the account is held until a person decides.

local function answer_rewound()
  local here, went, seen_ms = string.match(seen, '^(%d+) (%d+) (%d+)$')
  if not here or here ~= redis.pcall('GET', P .. 'here') then
    -- The server was emptied, and the account has begun anew on it.
    began_anew = true
    return nil
  end
  local loss = loss_of(route, seen_takes, tonumber(went))
  if not loss then return nil end
  -- Of what was forgotten this call itself has just brought some back.
  loss.messages = math.max(0, loss.messages - recalled)
  local status, from, to, others = judge_losses(tonumber(seen_ms), { loss }, { route }, nil)
  known_takes = nil
  if status == 'none' then return nil end
  give_lease_back()
  if status == 'held' then
    sleep_held(lane, gate(lane, service, most_items))
  else
    wake_by(lane, now)
  end
  return answer_of({ status = 'forgot', ms = num(to - from), reason = status, take = num(loss.takes),
                     went = num(loss.messages + others) })
end
