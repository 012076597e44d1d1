import { type Index, type IndexItem, Random } from "@quaterion/core";
import { demand, demandAllClose, type Law } from "./law.js";

const dim = 8;

/** Unit vectors, so that cosine, dot product and Euclidean distance agree on what is nearest. */
function unitItems(count: number): IndexItem[] {
  const random = new Random(1);
  return Array.from({ length: count }, (_, i) => {
    const drawn = Float32Array.from({ length: dim }, () => random.normal());
    const length = Math.hypot(...drawn);
    return { id: `item ${i}`, vector: drawn.map((x) => x / length), space: i % 3 === 0 ? "a" : "b", payload: { number: i } };
  });
}

function nearest(items: readonly IndexItem[], query: Float32Array, k: number): string[] {
  const dot = (vector: Float32Array) => vector.reduce((sum, x, i) => sum + x * query[i]!, 0);
  return [...items]
    .sort((one, other) => dot(other.vector) - dot(one.vector))
    .slice(0, k)
    .map((item) => item.id);
}

/**
 * What every exact index must satisfy, for any test runner.
 * @param make makes an empty index of this dimension
 */
export function indexLaws(make: (dim: number) => Index | Promise<Index>): Law[] {
  const items = unitItems(40);
  const law = (title: string, check: (index: Index) => Promise<void>, filled = true): Law => ({
    title,
    async run() {
      const index = await make(dim);
      if (filled) await index.upsert(items);
      await check(index);
    },
  });
  const ids = async (index: Index, query: Float32Array, k: number, space?: string) =>
    (await index.search(query, { k, ...(space !== undefined && { space }) })).ids[0]!;
  const listed = (found: readonly string[], expected: readonly string[], what: string) =>
    demand(
      found.join() === expected.join(),
      `${what}: found ${found.join(", ") || "nothing"}; expected ${expected.join(", ") || "nothing"}.`,
    );

  return [
    law("finds the nearest first, for each of several queries", async (index) => {
      const queries = items.slice(0, 5);
      const hits = await index.search(Float32Array.from(queries.flatMap((item) => [...item.vector])), { k: 7 });
      demand(hits.ids.length === 5 && hits.similarities.length === 5, `5 queries gave ${hits.ids.length} lists.`);
      for (const [i, query] of queries.entries()) listed(hits.ids[i]!, nearest(items, query.vector, 7), `Query ${i}`);
    }),
    law("gives similarities that fall, one for each hit", async (index) => {
      const { ids: found, similarities } = await index.search(items[3]!.vector, { k: 10 });
      demand(similarities[0]!.length === found[0]!.length, `${found[0]!.length} hits have ${similarities[0]!.length} similarities.`);
      similarities[0]!.forEach((one, i) => {
        demand(i === 0 || one <= similarities[0]![i - 1]!, `Similarity ${i} is ${one}, above the one before it.`);
      });
    }),
    law("gives all it has when more are asked for", async (index) => {
      demand((await ids(index, items[0]!.vector, 1000)).length === items.length, "All items must be found when k is above their number.");
    }),
    law(
      "finds nothing in an empty index",
      async (index) => {
        listed(await ids(index, items[0]!.vector, 3), [], "Empty index");
      },
      false,
    ),
    law("searches one space alone", async (index) => {
      const own = items.filter((item) => item.space === "a");
      listed(await ids(index, items[4]!.vector, 6, "a"), nearest(own, items[4]!.vector, 6), "Space a");
      listed(await ids(index, items[4]!.vector, 6, "nowhere"), [], "A space without items");
    }),
    law("replaces an item that is put again", async (index) => {
      const moved = { ...items[0]!, vector: items[0]!.vector.map((x) => -x) };
      await index.upsert([moved]);
      listed(await ids(index, moved.vector, 1), ["item 0"], "The item's new place");
      const all = await ids(index, moved.vector, 1000);
      demand(
        all.filter((id) => id === "item 0").length === 1 && all.length === items.length,
        "An item that is put again must not be there twice.",
      );
    }),
    law("finds no item that was removed", async (index) => {
      await index.remove(["item 2", "item 5", "no such item"]);
      const left = items.filter((item) => item.id !== "item 2" && item.id !== "item 5");
      listed(await ids(index, items[2]!.vector, 8), nearest(left, items[2]!.vector, 8), "After the removal");
      await index.upsert([items[2]!]);
      listed(await ids(index, items[2]!.vector, 1), ["item 2"], "After it was put again");
    }),
    law("shows every item once when it is scanned, as it was put", async (index) => {
      const seen = new Map<string, IndexItem>();
      for await (const item of index.scan()) {
        demand(!seen.has(item.id), `${item.id} was shown twice.`);
        seen.set(item.id, item);
      }
      demand(seen.size === items.length, `${seen.size} items were shown; expected ${items.length}.`);
      for (const item of items) {
        const found = seen.get(item.id)!;
        demandAllClose(found.vector, item.vector, 1e-6, `The vector of ${item.id}`);
        demand(found.space === item.space, `${item.id} is in space ${found.space}; expected ${item.space}.`);
        demand(
          JSON.stringify(found.payload) === JSON.stringify(item.payload),
          `The payload of ${item.id} is ${JSON.stringify(found.payload)}.`,
        );
      }
    }),
    law("does not change when the caller's array does", async (index) => {
      const vector = Float32Array.from(items[0]!.vector);
      await index.upsert([{ id: "kept", vector }]);
      vector.fill(0);
      demand((await ids(index, items[0]!.vector, 2)).includes("kept"), "An item moved when the array that was put changed.");
    }),
    law("rejects a vector of another length", async (index) => {
      const rejects = async (work: () => Promise<unknown>) =>
        work().then(
          () => false,
          () => true,
        );
      demand(
        await rejects(async () => index.upsert([{ id: "short", vector: new Float32Array(dim - 1) }])),
        "`upsert` took a vector of another length.",
      );
      demand(await rejects(async () => index.search(new Float32Array(dim + 1), { k: 1 })), "`search` took a query of another length.");
    }),
  ];
}
