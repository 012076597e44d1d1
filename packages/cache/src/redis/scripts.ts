// Lua, which Redis runs as one step. Sent with each call: a server that was started anew knows none of before.

/** Keys: leases. Arguments: the caller's token, milliseconds. Takes those that nobody has; gives the places (from 1) of the caller's. */
export const leaseScript = `local mine = {}
for place, lease in ipairs(KEYS) do
  if redis.call('SET', lease, ARGV[1], 'NX', 'PX', ARGV[2]) or redis.call('GET', lease) == ARGV[1] then mine[#mine + 1] = place end
end
return mine`;

/** Keys: entries. Arguments: seconds, then the bytes of each. */
export const storeScript = `for place, entry in ipairs(KEYS) do redis.call('SET', entry, ARGV[place + 1], 'EX', ARGV[1]) end`;

/** Keys: entries. Gives the bytes of each: 0 where it is gone or is no text. */
export const sizesScript = `local sizes = {}
for place, entry in ipairs(KEYS) do
  local size = redis.pcall('STRLEN', entry)
  sizes[place] = type(size) == 'number' and size or 0
end
return sizes`;
