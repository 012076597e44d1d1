import { type Hits, type Index, type IndexItem, InvalidArgumentError, type SearchOptions } from "@quaterion/core";
import { describe, expect, it } from "vitest";
import { indexLaws } from "./index.js";

/** A right index, whose parts a wrong one overrides. */
class ListIndex implements Index {
  items: IndexItem[] = [];
  constructor(readonly dim: number) {}
  check(vector: Float32Array, size: number) {
    if (vector.length === 0 || vector.length % size !== 0) throw new InvalidArgumentError("wrong length");
  }
  async upsert(items: readonly IndexItem[]) {
    for (const item of items) {
      this.check(item.vector, this.dim);
      await this.remove([item.id]);
      this.items.push({ ...item, vector: item.vector.slice() });
    }
  }
  async remove(ids: readonly string[]) {
    this.items = this.items.filter((item) => !ids.includes(item.id));
  }
  ranked(query: Float32Array, { k, space }: SearchOptions) {
    const dot = ({ vector }: IndexItem) => vector.reduce((sum, x, i) => sum + x * query[i]!, 0);
    return this.items
      .filter((item) => space === undefined || item.space === space)
      .map((item) => ({ id: item.id, similarity: dot(item) }))
      .sort((a, b) => b.similarity - a.similarity)
      .slice(0, k);
  }
  async search(queries: Float32Array, options: SearchOptions): Promise<Hits> {
    this.check(queries, this.dim);
    const count = queries.length / this.dim;
    const lists = Array.from({ length: count }, (_, i) => this.ranked(queries.slice(i * this.dim, (i + 1) * this.dim), options));
    return {
      ids: lists.map((list) => list.map((hit) => hit.id)),
      similarities: lists.map((list) => Float32Array.from(list, (hit) => hit.similarity)),
    };
  }
  async *scan(): AsyncIterable<IndexItem> {
    yield* this.items;
  }
}

const wrong: [law: string, Index: new (dim: number) => ListIndex][] = [
  [
    "finds the nearest first, for each of several queries",
    class extends ListIndex {
      override async search(queries: Float32Array, options: SearchOptions) {
        const hits = await super.search(queries, options);
        return hits.ids.length > 1 ? { ...hits, ids: hits.ids.map(() => hits.ids[0]!) } : hits;
      }
    },
  ],
  [
    "gives similarities that fall, one for each hit",
    class extends ListIndex {
      override async search(queries: Float32Array, options: SearchOptions) {
        const hits = await super.search(queries, options);
        return { ...hits, similarities: hits.similarities.map((list) => list.map((x) => -x)) };
      }
    },
  ],
  [
    "gives all it has when more are asked for",
    class extends ListIndex {
      override ranked(query: Float32Array, options: SearchOptions) {
        return super.ranked(query, { ...options, k: options.k === 1000 && this.items[0]!.id === "item 0" ? 39 : options.k });
      }
    },
  ],
  [
    "finds nothing in an empty index",
    class extends ListIndex {
      override ranked(query: Float32Array, options: SearchOptions) {
        return this.items.length === 0 ? [{ id: "nothing", similarity: 0 }] : super.ranked(query, options);
      }
    },
  ],
  [
    "searches one space alone",
    class extends ListIndex {
      override ranked(query: Float32Array, { k }: SearchOptions) {
        return super.ranked(query, { k });
      }
    },
  ],
  [
    "replaces an item that is put again",
    class extends ListIndex {
      override async upsert(items: readonly IndexItem[]) {
        return super.upsert(items.filter((item) => !this.items.some((held) => held.id === item.id)));
      }
    },
  ],
  [
    "finds no item that was removed",
    class extends ListIndex {
      removals = 0;
      override async remove(ids: readonly string[]) {
        if (ids.length < 2) await super.remove(ids);
      }
    },
  ],
  [
    "shows every item once when it is scanned, as it was put",
    class extends ListIndex {
      override async *scan() {
        for (const { id, vector, space } of this.items) yield { id, vector, ...(space !== undefined && { space }) };
      }
    },
  ],
  [
    "does not change when the caller's array does",
    class extends ListIndex {
      override async upsert(items: readonly IndexItem[]) {
        await super.upsert(items);
        this.items = this.items.map((held) => items.find((item) => item.id === held.id) ?? held);
      }
    },
  ],
  [
    "rejects a vector of another length",
    class extends ListIndex {
      override check() {}
    },
  ],
];

async function broken(Tried: new (dim: number) => ListIndex): Promise<string[]> {
  const titles: string[] = [];
  for (const law of indexLaws((dim) => new Tried(dim))) await law.run().catch(() => titles.push(law.title));
  return titles;
}

describe("indexLaws", () => {
  it("hold for a right index", async () => {
    expect(await broken(ListIndex)).toEqual([]);
  });
  it.each(wrong)("'%s' is broken by an index that is wrong in that alone", async (law, Tried) => {
    expect(await broken(Tried)).toEqual([law]);
  });
  it("all have an index here that breaks them", () => {
    expect(indexLaws((dim) => new ListIndex(dim)).map((law) => law.title)).toEqual(wrong.map(([law]) => law));
  });
});
