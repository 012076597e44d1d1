import type { IndexItem } from "@quaterion/core";
import { indexLaws } from "@quaterion/testing";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { memoryIndex } from "./memory-index.js";
import { similarities } from "./nearest.js";

const item = (id: string, vector: readonly number[], space?: string): IndexItem => ({
  id,
  vector: Float32Array.from(vector),
  ...(space && { space }),
});

async function contents(index: { scan(): AsyncIterable<IndexItem> }): Promise<IndexItem[]> {
  const items: IndexItem[] = [];
  for await (const found of index.scan()) items.push(found);
  return items;
}

describe.each(similarities)("memoryIndex by %s", (similarity) => {
  for (const { title, run } of indexLaws((dim) => memoryIndex({ dim, similarity }))) it(title, run);
});

describe("memoryIndex", () => {
  it("finds the nearest first, for each query", async () => {
    const index = memoryIndex({ dim: 2, similarity: "euclidean" });
    await index.upsert([item("a", [0, 0]), item("b", [3, 4]), item("c", [0, 1])]);
    const hits = await index.search(new Float32Array([0, 0, 3, 3]), { k: 2 });
    expect(hits.ids).toEqual([
      ["a", "c"],
      ["b", "c"],
    ]);
    // (3, 3) to (3, 4): 1; to (0, 1): √(9 + 4).
    expect([...hits.similarities[1]!]).toEqual([-1, Math.fround(-Math.sqrt(13))]);
  });

  it("searches one space when asked, and gives fewer than k where there are fewer", async () => {
    const index = memoryIndex({ dim: 1, similarity: "dot" });
    await index.upsert([item("a", [1], "x"), item("b", [2], "y"), item("c", [3], "x")]);
    expect((await index.search(new Float32Array([1]), { k: 9, space: "x" })).ids).toEqual([["c", "a"]]);
    expect((await index.search(new Float32Array([1]), { k: 9, space: "none" })).ids).toEqual([[]]);
    expect((await memoryIndex({ dim: 1 }).search(new Float32Array([1, 2]), { k: 3 })).ids).toEqual([[], []]);
  });

  it("holds what a plain map of the same changes holds, in the order of first adding", async () => {
    const change = fc.oneof(
      fc.record({ put: fc.array(fc.tuple(fc.integer({ min: 0, max: 8 }), fc.integer({ min: -9, max: 9 })), { maxLength: 6 }) }),
      fc.record({ drop: fc.array(fc.integer({ min: 0, max: 8 }), { maxLength: 4 }) }),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(change, { maxLength: 12 }), async (changes) => {
        const index = memoryIndex({ dim: 2 });
        const model = new Map<string, number[]>();
        for (const step of changes) {
          if ("put" in step) {
            await index.upsert(step.put.map(([id, value]) => item(`${id}`, [value / 10, 1])));
            for (const [id, value] of step.put) model.set(`${id}`, [...new Float32Array([value / 10, 1])]);
          } else {
            await index.remove(step.drop.map(String));
            for (const id of step.drop) model.delete(`${id}`);
          }
        }
        expect((await contents(index)).map(({ id, vector }) => [id, [...vector]])).toEqual([...model]);
        if (model.size > 0) {
          const [id, vector] = [...model][0]!;
          const hits = await index.search(Float32Array.from(vector), { k: model.size });
          expect(hits.ids[0]).toHaveLength(model.size);
          expect(hits.ids[0]![0]).toBe(id);
          expect(hits.similarities[0]![0]).toBeCloseTo(1, 6);
        }
      }),
    );
  });

  it("keeps its own copy of vectors and payloads", async () => {
    const index = memoryIndex({ dim: 2 });
    const mine = { ...item("a", [1, 2], "x"), payload: { note: "kept" } };
    await index.upsert([mine]);
    mine.vector[0] = 9;
    mine.payload.note = "changed";
    const [stored] = await contents(index);
    expect(stored).toEqual({ id: "a", vector: new Float32Array([1, 2]), space: "x", payload: { note: "kept" } });
    stored!.vector[0] = 9;
    expect((await contents(index))[0]!.vector[0]).toBe(1);
  });

  it("stores nothing of a call that holds a bad vector", async () => {
    const index = memoryIndex({ dim: 2 });
    await expect(index.upsert([item("a", [1, 2]), item("b", [Number.NaN, 2])])).rejects.toMatchObject({ code: "NON_FINITE" });
    await expect(index.upsert([item("a", [1, 2]), item("b", [1])])).rejects.toThrow(
      'The vector of item "b" must be a Float32Array of 2 numbers',
    );
    await expect(index.upsert([item("", [1, 2])])).rejects.toThrow("`items[0].id` must be a text that is not empty");
    expect(await contents(index)).toEqual([]);
  });

  it("rejects queries and options that do not fit", async () => {
    const index = memoryIndex({ dim: 2 });
    await index.upsert([item("a", [1, 2])]);
    // Not the items "a" and "b".
    await index.upsert([item("a", [1, 2]), item("b", [1, 2])]);
    await expect(index.remove("ab" as never)).rejects.toThrow('`ids` must be an array of ids; received "ab".');
    expect((await index.search(new Float32Array([1, 2]), { k: 9 })).ids[0]).toEqual(expect.arrayContaining(["a", "b"]));
    await expect(index.search(new Float32Array(3), { k: 1 })).rejects.toThrow("The length of `queries` must be a multiple of `dim`, 2");
    await expect(index.search(new Float32Array(2), { k: 0 })).rejects.toThrow("`search.k` must be");
    await expect(index.search(new Float32Array([Number.NaN, 0]), { k: 1 })).rejects.toThrow("`queries` row 0 holds NaN");
    await expect(index.search(new Float32Array(2), undefined as never)).rejects.toThrow("`search.k` must be");
    expect(() => memoryIndex({ dim: 0 })).toThrow("`memoryIndex.dim` must be");
    expect(() => memoryIndex(undefined as never)).toThrow("`memoryIndex.dim` must be");
    await expect(index.upsert(item("a", [1, 2]) as never)).rejects.toThrow(
      "`items` must be an array of { id, vector }; received an object",
    );
    expect(() => memoryIndex({ dim: 2, similarty: "dot" } as never)).toThrow("Did you mean");
  });
});
