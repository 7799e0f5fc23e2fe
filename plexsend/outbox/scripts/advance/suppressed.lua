-- needs: _record, _policy, _suppressed, arguments, advance/names, advance/gap
-- At every take: who must not be written to is not. What is left out ends as cancelled.

local NO_HASH = 'its record has no hash of its number, so nobody knows whether it was refused'

local function digits_of(text)
  return (string.gsub(text or '', '%D', ''))
end

-- Whether a scope covers the message: the whole account, one sender, or one refusal number of it. What cannot be read
-- covers all.
local function covers(scope, message)
  if scope == 0 then return true end
  local of, digits = string.match(call('HGET', P .. 'suppressed', 'scope:' .. num(scope)) or '', '^(%l+) (%d+)$')
  if of == 'sender' then return string.match(message.body, '"sender_number":"(%d+)"') == digits end
  if of == 'refusal' then return digits_of(policy('refusal_number')) == digits end
  return true
end

-- Why nothing may go to the message's number: code and words; nil where it may. An error where it cannot be read.
local function why_suppressed(message, is_ad, gap_days)
  local i = message.facts[5]
  if not i or #i < SUPPRESSED_HASH then
    if is_ad then return 'NO_NUMBER_HASH', NO_HASH end
    return nil
  end
  local hash = string.sub(i, 1, SUPPRESSED_HASH)
  local value = call('HGET', place_of(hash))
  for _, entry in ipairs(read_entries(value or '')) do
    if (entry.kind == 'all' or is_ad and entry.kind == 'ads') and covers(entry.scope, message) then
      return 'SUPPRESSED', entry.kind == 'all' and 'its number is suppressed for everything'
                           or 'its number refused advertisements'
    end
  end
  if gap_days > 0 and came_too_soon(message, hash, gap_days) then
    return 'AD_GAP', 'its number had an advertisement within the days of the policy ad_gap_days'
  end
  return nil
end

local function end_suppressed(message, code, words)
  if has(message.facts[3], MAY_HAVE_BEEN_SENT) then
    move(message.lane, message.key, 'waiting', 'park', now, { 'c', code })
    note(message.key, 'park', code, words .. '; it may have been sent before')
  else
    move(message.lane, message.key, 'waiting', 'cancel', 0, { 'c', code })
    note(message.key, 'cancel', code, words)
  end
end

-- Another program put something else where the number's entry belongs: what cannot be judged waits.
local function step_aside(message)
  move(message.lane, message.key, 'waiting', 'postpone', now + SUPPRESSED_AGAIN_MS, nil)
  note(message.key, 'postpone', 'SUPPRESSED_SPOILT', 'the suppressions of its number cannot be read')
end

-- Answers whether all of them may go.
local function none_suppressed(chosen, lane)
  local is_ad = is_marked(lane)
  local all, gap_days = true, is_ad and policy('ad_gap_days') or 0
  for _, message in ipairs(chosen) do
    local is_read, code, words = pcall(why_suppressed, message, is_ad, gap_days)
    if not is_read then
      step_aside(message)
      all = false
    elseif code then
      end_suppressed(message, code, words)
      all = false
    end
  end
  return all
end
