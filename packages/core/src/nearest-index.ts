import type { Json } from "./json.js";

/** A vector with a name. */
export interface IndexItem {
  readonly id: string;
  readonly vector: Float32Array;
  /** Label space it belongs to. */
  readonly space?: string;
  readonly payload?: Json;
}

/** Nearest items of each query, best first. */
export interface Hits {
  readonly ids: readonly (readonly string[])[];
  /** Similarities in the same order as `ids`; higher is nearer. */
  readonly similarities: readonly Float32Array[];
}

export interface SearchOptions {
  k: number;
  /** Only items of this label space. */
  space?: string | undefined;
}

/** An index of vectors: embedded, or a remote service. */
export interface Index {
  readonly dim: number;
  upsert(items: readonly IndexItem[]): Promise<void>;
  remove(ids: readonly string[]): Promise<void>;
  /** @param queries `[queries, dim]`, row-major */
  search(queries: Float32Array, options: SearchOptions): Promise<Hits>;
  scan(): AsyncIterable<IndexItem>;
}
