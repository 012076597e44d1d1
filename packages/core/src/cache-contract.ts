/** Content of a value, as its encoder gives it. */
export type CacheKey = Uint8Array;

/** What is stored for a key: a vector (`shape` of one number) or token states (`[tokens, dim]`). */
export interface CacheEntry {
  readonly shape: readonly number[];
  readonly data: Float32Array;
}

/** What a cache holds. */
export interface CacheStats {
  /** Where it is, in words a user can act on: a folder, "memory". */
  readonly location: string;
  readonly entries: number;
  readonly bytes: number;
  /** Entries by space (encoder fingerprint). */
  readonly spaces: Readonly<Record<string, { entries: number; bytes: number }>>;
}

/** Stores embeddings by content. A space is an encoder's fingerprint: so an entry can't belong to another model, tokenizer or precision. */
export interface EmbeddingCache {
  /** Where it is, as `stats()` says it: for caches that have to count to answer `stats()`. */
  readonly location?: string;
  getMany(space: string, keys: readonly CacheKey[]): Promise<(CacheEntry | undefined)[]>;
  putMany(space: string, entries: readonly (readonly [CacheKey, CacheEntry])[]): Promise<void>;
  /** For several workers that fill one cache: the keys that the caller shall compute; others are being computed elsewhere until the lease ends. */
  claim?(space: string, keys: readonly CacheKey[], leaseMs: number): Promise<CacheKey[]>;
  stats(): Promise<CacheStats>;
  clear(space?: string): Promise<void>;
  close(): Promise<void>;
}
