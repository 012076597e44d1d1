import { QuaterionError, Random, type RelationDeclarations } from "@quaterion/core";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { combine } from "./combine.js";
import { labeled } from "./labeled.js";
import { relationsFromJson } from "./relations-from-json.js";

const set = (name: string, labels: readonly string[]) =>
  labeled(
    labels.flatMap((label) => [0, 1].map((n) => ({ text: `${name} ${label} ${n}`, label }))),
    { value: "text", label: "label" },
  );
const names = ["a", "b", "c"] as const;
const parts = { x: set("x", names), y: set("y", names), z: set("z", names) };
const id = fc.tuple(fc.constantFrom("x", "y", "z"), fc.constantFrom(...names)).map(([space, label]) => `${space}/${label}`);
const pairs = (max: number) => fc.array(fc.tuple(id, id), { maxLength: max });
const declared = fc.record({ same: pairs(2), narrower: pairs(4), disjoint: pairs(2), suspected: pairs(2) });

/**
 * What the declarations allow, by trying: a sample is the set of labels that hold of it, at most one of each space, closed under inclusion and
 * without disjoint pairs. Two labels are dissimilar when no sample has both, one lies within the other when every sample that has one has both.
 */
function worlds({ same = [], narrower = [], disjoint = [] }: RelationDeclarations) {
  const spaces = ["x", "y", "z"].map((space) => [undefined, ...names.map((label) => `${space}/${label}`)]);
  const within = [...narrower, ...same, ...same.map(([a, b]) => [b, a] as const)];
  const found: Set<string | undefined>[] = [];
  for (const x of spaces[0]!)
    for (const y of spaces[1]!)
      for (const z of spaces[2]!) {
        const sample = new Set([x, y, z]);
        if (within.every(([a, b]) => !sample.has(a) || sample.has(b)) && disjoint.every(([a, b]) => !(sample.has(a) && sample.has(b))))
          found.push(sample);
      }
  return found;
}

describe("declarations", () => {
  it("are closed as sets of samples are, or contradict each other", () => {
    fc.assert(
      fc.property(declared, ({ suspected: _, ...relations }) => {
        const samples = worlds(relations);
        const ids = Object.keys(parts).flatMap((space) => names.map((label) => `${space}/${label}`));
        const possible = ids.every((label) => samples.some((sample) => sample.has(label)));
        let data: ReturnType<typeof combine> | undefined;
        try {
          data = combine(parts, { relations });
        } catch (error) {
          expect(error).toMatchObject({ code: "CONTRADICTION" });
          expect((error as { chain: string[] }).chain.length).toBeGreaterThan(0);
        }
        // A label that no sample can have is the contradiction.
        expect(data !== undefined).toBe(possible);
        if (!data) return;
        for (const a of ids)
          for (const b of ids) {
            const relation = data.relations.of(a, b);
            const apart = !samples.some((sample) => sample.has(a) && sample.has(b));
            expect([a, b, relation === -1]).toEqual([a, b, apart]);
            const equal = samples.every((sample) => sample.has(a) === sample.has(b));
            if (relation === 1) expect([a, b, equal]).toEqual([a, b, true]);
            expect(data.relations.of(b, a)).toBe(relation);
          }
      }),
      { numRuns: 300 },
    );
  });

  it("give the same relations after JSON, and batches or a reason why not", () => {
    fc.assert(
      fc.property(declared, fc.constantFrom("separate", "distinct", "masked", "schedule" as const), (relations, policy) => {
        let data: ReturnType<typeof combine>;
        try {
          data = combine(parts, { relations });
        } catch (error) {
          expect(error).toMatchObject({ code: "CONTRADICTION" });
          return;
        }
        const rows = Uint32Array.from(data.values.keys());
        const again = relationsFromJson(JSON.parse(JSON.stringify(data.relations.toJSON())), data);
        expect(again.block(rows, rows)).toEqual(data.relations.block(rows, rows));
        try {
          const sampler = data.sampler({ policy, labelsPerBatch: 3, samplesPerLabel: 2, random: new Random(1) });
          for (let i = 0; i < 5; i++) expect(new Set(sampler.next().rows).size).toBeGreaterThan(1);
        } catch (error) {
          expect(error).toMatchObject({ code: "INVALID_DATA" });
        }
      }),
      { numRuns: 200 },
    );
  });

  it("of any shape are taken or refused in words", () => {
    const junk = fc.anything({ maxDepth: 3, withNullPrototype: true });
    const list = fc.oneof(junk, fc.array(fc.oneof(junk, fc.tuple(id, id), fc.tuple(id, junk))));
    const relations = fc.oneof(
      junk,
      fc.dictionary(fc.constantFrom("same", "narrower", "disjoint", "suspected", "sames"), list, { maxKeys: 3 }),
    );
    fc.assert(
      fc.property(relations, (any) => {
        try {
          combine(parts, { relations: any as RelationDeclarations });
        } catch (error) {
          expect(QuaterionError.is(error) ? undefined : error).toBeUndefined();
          expect((error as { code: string }).code).toMatch(/^(INVALID_ARGUMENT|CONTRADICTION)$/);
        }
      }),
      { numRuns: 500 },
    );
  });

  it("that name an unknown label are told the nearest", () => {
    const banking = set("banking", ["card_arrival", "exchange_rate"]);
    const assistant = set("assistant", ["currency", "alarm_set"]);
    const wrong = (a: string, b: string) => () => combine({ banking, assistant }, { relations: { same: [[a, b]] } });
    expect(wrong("banking/exchange_rates", "assistant/currency")).toThrow(
      '`relations.same[0][0]` names a label that the data does not have: "banking/exchange_rates". Did you mean "banking/exchange_rate"?',
    );
    expect(wrong("banking/exchange_rate", "asistant/curency")).toThrow('Did you mean "assistant/currency"?');
    expect(wrong("banking/exchange_rate", 3 as never)).toThrow('`relations.same[0][1]` must be a label id, "space/label"; received 3.');
  });
});

describe("parts", () => {
  const part = set("x", names);
  const two = labeled([{ text: "a", p: "1", q: "2" }], { value: "text", label: { p: "p", q: "q" } });

  it.each<[string, unknown, RegExp]>([
    ["two of one name", { a: two, "a.p": part }, /gives two label spaces the name "a\.p": rename the part "a\.p"/],
    ["a name with a slash", { "a/b": part }, /has a name with "\/": "a\/b"/],
    ["an empty name", { " ": part }, /has an empty name/],
    ["none", {}, /must be an object of data sets by name/],
    ["an array", [part], /must be an object of data sets by name.*received an array of 1/],
    [
      "a promise",
      { a: Promise.resolve(part) },
      /`parts\.a` must be data .*received a promise\. Samples made of a stream are a promise: await it/,
    ],
    ["rows", { a: [{ text: "a" }] }, /`parts\.a` must be data made by `labeled`, `pairs` or the like; received an array of 1/],
    ["nothing", { a: undefined }, /`parts\.a` must be data made by/],
  ])("refuses %s", (_, any, message) => {
    expect(() => combine(any as never)).toThrow(message);
  });

  it("may have the names that every object has", () => {
    const data = combine({ constructor: part, toString: part } as never, { weights: {}, shares: { parts: {} } });
    expect(data.weights).toBeUndefined();
    expect(data.spaces.map(({ name }) => name)).toEqual(["constructor", "toString"]);
  });
});
