import { prefixBytes } from "../record-key.js";

/** Version of the layout in the server. It is a part of every name, so that caches of different layouts don't meet. */
const layout = 1;

/** What a name under the cache's prefix stands for. */
export interface RedisName {
  /** Digest of space and precision. */
  readonly space: string;
  /** Digest of the value's key. */
  readonly entry: string;
  readonly lease: boolean;
}

/**
 * The names of everything that the cache keeps in a server, in characters that any tool shows: `<prefix>:1:<space>:<entry>` for an entry, with
 * `:lease` at the end for its lease, where both digests are base64url; `<prefix>:1:spaces` for the names of the spaces.
 */
export class RedisNames {
  readonly #root: string;
  /** A hash: digest of space and precision → what they are, in JSON. */
  readonly spaces: string;
  /** What SCAN may match: {@link read} tells ours among it. */
  readonly pattern: string;

  constructor(prefix: string) {
    this.#root = `${prefix}:${layout}:`;
    this.spaces = `${this.#root}spaces`;
    this.pattern = `${this.#root.replace(/[\\*?[\]^]/g, "\\$&")}*`;
  }

  /** @param key of {@link recordKey} */
  entry(key: Buffer): string {
    return `${this.#root}${key.toString("base64url", 0, prefixBytes)}:${key.toString("base64url", prefixBytes)}`;
  }

  lease(key: Buffer): string {
    return `${this.entry(key)}:lease`;
  }

  /** What a name stands for; undefined when it is none of ours. */
  read(name: string): RedisName | undefined {
    if (!name.startsWith(this.#root)) return undefined;
    const [, space, entry, lease] = /^([\w-]{22}):([\w-]{43})(:lease)?$/.exec(name.slice(this.#root.length)) ?? [];
    return space && entry ? { space, entry, lease: lease !== undefined } : undefined;
  }
}
