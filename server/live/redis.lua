-- What the live view shows: Redis' own figures, and the first of its keys in order.
local info = redis.call('INFO', 'server', 'clients', 'memory', 'stats')
local names = redis.call('SCAN', '0', 'COUNT', '100')[2]
table.sort(names)
local keys = {}
for i = 1, math.min(#names, 40) do
  local name = names[i]
  keys[i] = {name = name, type = redis.call('TYPE', name).ok, ttl_ms = redis.call('PTTL', name), memory = redis.call('MEMORY', 'USAGE', name) or 0}
end
return cjson.encode({info = info, size = redis.call('DBSIZE'), keys = keys})
