-- needs: _clock, _policy, arguments
-- The policies in force that every call of a drain goes by, read together.

local in_force = call('HMGET', P .. 'policy', 'rate_per_s:' .. service, 'linger_ms:' .. service,
                      'connections:' .. service, 'reclaim_s', 'daily_limit:' .. service, 'gateway_url.' .. product,
                      'epoch')
local rate_per_s = tonumber(in_force[1] or nil) or POLICY_DEFAULTS.rate_per_s
local linger_ms = tonumber(in_force[2] or nil) or POLICY_DEFAULTS.linger_ms
local connections = tonumber(in_force[3] or nil) or POLICY_DEFAULTS.connections
local reclaim_ms = (tonumber(in_force[4] or nil) or POLICY_DEFAULTS.reclaim_s) * 1000
local daily_limit = tonumber(in_force[5] or nil) or POLICY_DEFAULTS.daily_limit
local url_in_force = in_force[6]
-- Answered with each batch: the caller goes by some policies itself, and hears that it knows an older state.
local policy_epoch = in_force[7] or ''
