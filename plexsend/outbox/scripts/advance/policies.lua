-- needs: _clock, _policy, _outcomes, _stats, arguments
-- The policies in force that every call of a drain goes by, read together.

local in_force = call('HMGET', P .. 'policy', 'rate_per_s:' .. service, 'linger_ms:' .. service,
                      'connections:' .. service, 'reclaim_s', 'daily_limit:' .. service, 'gateway_url.' .. product,
                      'epoch', 'results_keep_days', 'offsets', 'suppresses_all')
local rate_per_s = number_in(in_force[1]) or DEFAULT_RATE_PER_S
local linger_ms = number_in(in_force[2]) or DEFAULT_LINGER_MS
local connections = number_in(in_force[3]) or DEFAULT_CONNECTIONS
local reclaim_ms = (number_in(in_force[4]) or DEFAULT_RECLAIM_S) * 1000
local daily_limit = number_in(in_force[5]) or DEFAULT_DAILY_LIMIT
local url_in_force = in_force[6]
-- Answered with each batch: the caller goes by some policies itself, and hears that it knows an older state.
local policy_epoch = in_force[7] or ''
results_days = number_in(in_force[8]) or DEFAULT_RESULTS_KEEP_DAYS
day_offsets = in_force[9]
