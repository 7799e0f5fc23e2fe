-- needs: _record, _lanes, _counts, _publishing, _stats_today, _policy, arguments, advance/names, advance/late, advance/verdicts
-- Writes the verdicts of one batch into its records, each in the lane that the record names (`home`): a batch may
-- be filled from several lanes of its route.

-- Whether any verdict of this call accepts, also one that a repeated call brings again.
local accepted_any = false
-- Verdicts settled now, in all and for each lane; what a repeated call brings again is not counted again.
local fresh, fresh_of = 0, {}
-- Those of them that came back without having been sent.
local unsent = 0

-- The straight way: accepted by its own take, and nothing ever went wrong. All that these messages write is
-- written together, lane by lane: a call with ten keys costs little more than a call with one.
local straight, code_of = {}, {}
local accepted_state = target('accept', 'sending')

-- `l`: how the record names its lane.
local function accept_straight(home, l, key, code)
  local of_lane = straight[home]
  if not of_lane then
    of_lane = { list = ended_list(home, l), keys = {}, ended = {}, bodies = {}, codes = {} }
    straight[home] = of_lane
  end
  local at = #of_lane.keys + 1
  of_lane.keys[at], of_lane.ended[at], of_lane.bodies[at] = key, now_text .. ':' .. key, body_of .. key
  of_lane.codes[code] = (of_lane.codes[code] or 0) + 1
  code_of[key] = code
end

local function count_fresh(home, n)
  fresh = fresh + n
  add_to(fresh_of, home, n)
end

local function count_code(home, code, n)
  if code ~= '' then count(home, 'c:' .. code, n) end
end

-- What shares one code, as nearly always, is published at once.
local function tell_straight(home, of_lane)
  local code = next(of_lane.codes)
  if next(of_lane.codes, code) ~= nil then
    for _, key in ipairs(of_lane.keys) do entered(home, key, accepted_state, code_of[key]) end
    return
  end
  local keys = table.concat(of_lane.keys, ' ')
  local found = publish_at(now_text, home, accepted_state, code, keys, '')
  if type(found) == 'table' then publish_otherwise(found.err, home, accepted_state, code, keys, '') end
end

-- As in `move`: what another program may have put in place of the list fails before anything is written.
local function write_straight()
  for home, of_lane in pairs(straight) do
    call('RPUSH', of_lane.list, unpack(of_lane.ended))
    for _, key in ipairs(of_lane.keys) do
      call('HSET', record_of .. key, 's', accepted_state, 'c', code_of[key], 'e', now_text, 'k', '', 'v', '')
    end
    moved(home, 'sending', accepted_state, #of_lane.keys)
    count_fresh(home, #of_lane.keys)
    for code, n in pairs(of_lane.codes) do
      count_code(home, code, n)
      add_to_today(home .. '|' .. accepted_state .. '|' .. code .. '|', n)
    end
    tell_straight(home, of_lane)
    call('DEL', unpack(of_lane.bodies))
    redis.pcall('ZREM', lane_key(home, 'sending'), unpack(of_lane.keys))
  end
end

-- The lane that a record names. Where it is gone or names none, its verdict is counted in this lane; one with a group
-- may have ended since.
local function home_of(l)
  local home = lane_named(l)
  if not home and lane ~= route and call('HEXISTS', P .. 'lanes', lane) == 0 then return route end
  return home or lane
end

-- What could not be written: the first failure. The others of the batch are settled all the same.
local unsettled

local function try_to(settle_it, ...)
  local is_done, found = pcall(settle_it, ...)
  if is_done then return found end
  unsettled = unsettled or found
end

-- The token of the drain's last take, where no message of that was from another lane. Then nothing is asked of the
-- index.
local function token_of_own(last)
  local taken, others = string.match(last or '', '^(%d+) %d+ %d+ %d+ ?%a* ?(.*)$')
  return taken and others == '' and drain .. '.' .. taken or nil
end

-- `verdict`: what one or more messages share. Where the record is not the take's any more, and was not settled
-- by this very call before (whose reply was lost), the verdict is late.
local function settle_one(key, verdict, own_token)
  if code_of[key] then return end
  local found = read_record(key, 's', 'k', 'f', 'l', 'j')
  local accepted = verdict.outcome == 'accepted'
  if accepted then accepted_any = true end
  local is_own = found[1] == 'sending' and found[2] == verdict.token
  if accepted and is_own and (found[3] or '') == '' then
    local home = found[2] == own_token and lane or try_to(home_of, found[4])
    if home then accept_straight(home, found[4], key, verdict.code) end
    return
  end
  local record = { s = found[1], k = found[2], f = found[3] or '', l = found[4] }
  local repeated = record.s and (record.s ~= 'sending' and record.k == verdict.token
                                 or SENT(record.s) and accepted)
  -- A late verdict leaves the take's token as it is, so it is marked apart: a repeated call must not give permits
  -- back once more.
  if repeated or record.s and found[5] == verdict.token then return end
  record.home = record.k == own_token and lane or try_to(home_of, record.l)
  if not record.home then return end
  -- What is gone cannot be marked; nothing is given back for it.
  if record.s then count_fresh(record.home, 1) end
  count_code(record.home, verdict.code, 1)
  if not record.s then
    -- The record is gone (dropped, or lost with Redis): there is nothing left to settle.
    count(record.home, 'late', 1)
  elseif record.k ~= verdict.token then
    try_to(settle_late, key, record, verdict)
  else
    if verdict.outcome == 'back' and not has(record.f, ACCEPTED_LATE) then unsent = unsent + 1 end
    try_to(settle_own, key, record, verdict)
  end
end

-- The process that judged may have known an older policy than the one in force.
local function park_instead(verdict)
  verdict.outcome, verdict.delay_ms, verdict.alone = 'park', 0, false
  verdict.detail = verdict.detail .. '; parked, as the policy on_uncertain asks'
end

-- The same, where it is to wait for its receipt first. What the process that judged has said of it is not said twice.
local function wait_first(verdict, wait_ms)
  if verdict.delay_ms >= wait_ms then return end
  verdict.delay_ms = wait_ms
  verdict.detail = verdict.detail .. '; its receipt is waited for first, as the policy on_uncertain asks'
end

local function retry_as_agreed(verdict)
  local found, wait_ms = when_uncertain(service)
  if found == 'park' then park_instead(verdict) end
  if found == 'receipt' then wait_first(verdict, wait_ms) end
end

-- Each verdict is followed by the keys that share it. `last`: the drain's last take.
local function settle(first, last)
  local at, own_token = first, token_of_own(last)
  while at <= #ARGV do
    local verdict = read_verdict(at)
    local first_key = at + VERDICT_LENGTH
    at = first_key + verdict.keys
    if verdict.outcome == 'retry' then retry_as_agreed(verdict) end
    for i = first_key, at - 1 do settle_one(ARGV[i], verdict, own_token) end
  end
  write_straight()
end
