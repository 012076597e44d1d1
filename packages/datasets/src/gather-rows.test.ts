import { Readable } from "node:stream";
import fc from "fast-check";
import { describe, expect, expectTypeOf, it } from "vitest";
import { classified } from "./classified.js";
import { labeled } from "./labeled.js";
import { pairs } from "./pairs.js";
import { scored } from "./scored.js";
import { partsOf } from "./training-data.js";
import { triplets } from "./triplets.js";
import { unlabeled } from "./unlabeled.js";

interface Row {
  a: string;
  b: string;
  c: string;
  n: number;
}

const makers = {
  labeled: (rows: Iterable<Row> & AsyncIterable<Row>) => labeled(rows, { value: "a", label: { coarse: "b", fine: "c" } }),
  pairs: (rows: Iterable<Row> & AsyncIterable<Row>) => pairs(rows, { a: "a", b: "b", relation: (_, i) => i % 2 }),
  scored: (rows: Iterable<Row> & AsyncIterable<Row>) => scored(rows, { a: "a", b: "b", score: "n", range: [0, 5] }),
  triplets: (rows: Iterable<Row> & AsyncIterable<Row>) => triplets(rows, { anchor: "a", positive: "b", negative: "c" }),
  classified: (rows: Iterable<Row> & AsyncIterable<Row>) => classified(rows, { a: "a", b: "b", class: "c" }),
  unlabeled: (rows: Iterable<Row> & AsyncIterable<Row>) => unlabeled(rows, { fields: ["a", "b"] }),
} as const;

const text = fc.constantFrom("one", "two", "three", "four");
const rowsOfAny = fc.array(fc.record({ a: text, b: text, c: text, n: fc.integer({ min: 0, max: 5 }) }), { minLength: 1, maxLength: 8 });

async function* streamOf<T>(rows: readonly T[]) {
  yield* rows;
}

function* eachOf<T>(rows: readonly T[]) {
  yield* rows;
}

describe("rows", () => {
  it.each(Object.entries(makers))("%s makes the same of an array, any iterable, a stream and a Node stream", async (_, make) => {
    await fc.assert(
      fc.asyncProperty(rowsOfAny, async (rows) => {
        const whole = partsOf(await make(rows as never));
        for (const source of [eachOf(rows), streamOf(rows), Readable.from(rows), new Set(rows)])
          expect(partsOf(await make(source as never))).toEqual(whole);
      }),
      { numRuns: 20 },
    );
  });

  it("gives data at once for rows in memory, and a promise for a stream", async () => {
    const options = { value: "a", label: "b" } as const;
    const rows: Row[] = [{ a: "x", b: "y", c: "z", n: 1 }];
    expectTypeOf(labeled(rows, options).values).toEqualTypeOf<readonly string[]>();
    expectTypeOf((await labeled(streamOf(rows), options)).values).toEqualTypeOf<readonly string[]>();
    expect(labeled(rows, options).values).toEqual(["x"]);
    expect((await labeled(streamOf(rows), options)).values).toEqual(["x"]);
  });

  it("lets go of each record of a stream", async () => {
    const gone: number[] = [];
    const registry = new FinalizationRegistry((n: number) => gone.push(n));
    async function* rows() {
      for (let n = 0; n < 20_000; n++) {
        const row = { text: `${n}`, label: "x", large: new Uint8Array(10_000) };
        registry.register(row, n);
        yield row;
        if (n % 1000 === 0) await new Promise((resume) => setImmediate(resume));
      }
    }
    await labeled(rows(), { value: "text", label: "label" });
    await new Promise((resume) => setImmediate(resume));
    // 200 MB went through; what was not collected yet is far less.
    expect(gone.length).toBeGreaterThan(1000);
  });

  it("passes on what a stream throws, and ends the stream at a row that is wrong", async () => {
    let ended = false;
    async function* rows() {
      try {
        yield { a: "x", b: "y" };
        yield { a: "", b: "y" };
        yield { a: "z", b: "y" };
      } finally {
        ended = true;
      }
    }
    await expect(labeled(rows(), { value: "a", label: "b" })).rejects.toThrow(/row 2, column "a": The text is empty/);
    expect(ended).toBe(true);
    async function* broken() {
      yield { a: "x", b: "y" };
      throw new Error("the line went dead");
    }
    await expect(labeled(broken(), { value: "a", label: "b" })).rejects.toThrow("the line went dead");
    await expect(labeled(streamOf([] as Row[]), { value: "a", label: "b" })).rejects.toThrow(/There are no rows/);
  });

  it.each([
    [undefined, /`rows` must be an array or a stream of records; received undefined/],
    ["text", /must be an array or a stream of records; received "text"/],
    [Promise.resolve([]), /received a promise. Was the reader awaited\?/],
    [{ a: 1 }, /must be an array or a stream/],
    [[{ a: "x" }, "y"], /row 2: A row must be a record, \{ text: … \}; received "y"/],
    [[null], /row 1: A row must be a record.*received null/],
  ])("refuses rows that are none: %j", (rows, message) => {
    expect(() => labeled(rows as never, { value: "a", label: () => "l" } as never)).toThrow(message);
  });
});
