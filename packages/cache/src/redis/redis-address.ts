import { InvalidArgumentError, shown } from "@quaterion/core";

/** Where a Redis server is, taken from its URL. */
export interface RedisAddress {
  readonly host: string;
  readonly port: number;
  readonly tls: boolean;
  readonly database: number;
  readonly username?: string;
  readonly password?: string;
  /** The URL without user and password: what messages and `stats()` show. */
  readonly shown: string;
}

const form = "a URL such as redis://127.0.0.1:6379, or rediss://user:password@host:6380/0 for TLS";

/**
 * Reads `redis[s]://[[user]:password@]host[:port][/database]`. No message repeats the URL: it may hold a password.
 * @throws {InvalidArgumentError} when it is no such URL
 */
export function redisAddress(url: unknown): RedisAddress {
  if (typeof url !== "string") throw new InvalidArgumentError(`\`url\` must be ${form}; received ${shown(url)}.`);
  const refuse = (received: string) => new InvalidArgumentError(`\`url\` must be ${form}; received ${received}.`);
  if (!URL.canParse(url)) throw refuse("a text that is no URL (special characters of a password must be percent-encoded, # as %23)");
  const { protocol, hostname, port, username, password, pathname, search, hash } = new URL(url);
  if (protocol !== "redis:" && protocol !== "rediss:") throw refuse(`one that begins with ${protocol}`);
  if (hostname === "") throw refuse("one without a host");
  if (search || hash) throw refuse("one with a ? or # in it (special characters of a password must be percent-encoded, # as %23)");
  const database = pathname.replace(/^\//, "");
  if (!/^\d{0,9}$/.test(database)) throw refuse("one whose path is not the number of a database");
  const [user, secret] = [username, password].map(decoded);
  if (user === undefined || secret === undefined)
    throw refuse("one whose user or password has a % that begins no character (write it as %25)");
  // An IPv6 address stands in brackets in a URL, and without them everywhere else.
  const host = hostname.replace(/^\[(.*)\]$/, "$1");
  const address = { host, port: Number(port || 6379), tls: protocol === "rediss:", database: Number(database) };
  return {
    ...address,
    ...(user ? { username: user } : {}),
    ...(secret ? { password: secret } : {}),
    shown: `${protocol}//${hostname}:${address.port}/${address.database}`,
  };
}

function decoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}
