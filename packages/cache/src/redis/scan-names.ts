import { DistinctDigests } from "./distinct-digests.js";
import type { RedisConnection } from "./redis-connection.js";
import type { RedisName, RedisNames } from "./redis-names.js";
import { sizesScript } from "./scripts.js";

/** Keys that Redis looks at in one step. */
const stepKeys = 1000;

/**
 * Entries and bytes by space, counted now. Redis does not tell when it lets an entry go, so that no count that is kept could be right.
 */
export async function countNames(server: RedisConnection, names: RedisNames): Promise<Record<string, { entries: number; bytes: number }>> {
  const known = await spaceNames(server, names);
  const spaces: Record<string, { entries: number; bytes: number }> = {};
  const seen = new DistinctDigests();
  for await (const page of ownNames(server, names)) {
    // SCAN may give a key twice.
    const entries = page.filter(({ of }) => !of.lease && seen.add(of));
    if (entries.length === 0) continue;
    const sizes = (await server.run("read from", (send) =>
      send(["EVAL", sizesScript, `${entries.length}`, ...entries.map(({ name }) => name)]),
    )) as number[];
    for (const [i, { of }] of entries.entries()) {
      if (sizes[i] === 0) continue;
      const space = known.get(of.space) ?? `(a space whose name was evicted: ${of.space})`;
      spaces[space] ??= { entries: 0, bytes: 0 };
      spaces[space].entries++;
      spaces[space].bytes += sizes[i]!;
    }
  }
  return spaces;
}

/** Deletes entries, leases and names of spaces, a page at a time, and nothing that is not the cache's. @param only digests of spaces; all by default */
export async function clearNames(server: RedisConnection, names: RedisNames, only?: ReadonlySet<string>): Promise<void> {
  // First: whoever puts meanwhile writes it again.
  const forget = only ? ["HDEL", names.spaces, ...only] : ["UNLINK", names.spaces];
  await server.run("clear", (send) => send(forget));
  for await (const page of ownNames(server, names)) {
    const gone = page.filter(({ of }) => only?.has(of.space) ?? true).map(({ name }) => name);
    if (gone.length > 0) await server.run("clear", (send) => send(["UNLINK", ...gone]));
  }
}

/** The cache's entries and leases, a page at a time. */
async function* ownNames(server: RedisConnection, names: RedisNames): AsyncGenerator<{ name: string; of: RedisName }[]> {
  let cursor = "0";
  do {
    const step = ["SCAN", cursor, "MATCH", names.pattern, "COUNT", `${stepKeys}`];
    const [next, page] = (await server.run("read from", (send) => send(step))) as [Buffer, Buffer[]];
    cursor = String(next);
    const own = page.map(String).flatMap((name) => {
      const of = names.read(name);
      return of ? [{ name, of }] : [];
    });
    yield own;
  } while (cursor !== "0");
}

/** Names of spaces by their digests, as far as they are known. */
async function spaceNames(server: RedisConnection, names: RedisNames): Promise<Map<string, string>> {
  const pairs = (await server.run("read from", (send) => send(["HGETALL", names.spaces]))) as Buffer[];
  const known = new Map<string, string>();
  for (let i = 0; i + 1 < pairs.length; i += 2) {
    const space = readSpace(String(pairs[i + 1]));
    if (space !== undefined) known.set(String(pairs[i]), space);
  }
  return known;
}

function readSpace(text: string): string | undefined {
  try {
    const { space } = JSON.parse(text) as { space?: unknown };
    return typeof space === "string" ? space : undefined;
  } catch {
    return undefined;
  }
}
