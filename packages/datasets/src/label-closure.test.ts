import { ContradictionError, InvalidArgumentError, type RelationDeclarations } from "@quaterion/core";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type LabelClosure, labelClosure } from "./label-closure.js";

const spaces = ["s", "t", "u"].map((name) => ({ name, labels: ["0", "1", "2"] }));
const ids = spaces.flatMap(({ name, labels }) => labels.map((label) => `${name}/${label}`));
const pairs = fc.array(fc.tuple(fc.constantFrom(...ids), fc.constantFrom(...ids)), { maxLength: 3 });
const declarations = fc.record({ same: pairs, narrower: pairs, disjoint: pairs, suspected: pairs });

/** The definition, word for word, by exhaustive search: inclusion is the transitive closure, all else follows from it. */
function naive({ same = [], narrower = [], disjoint = [], suspected = [] }: RelationDeclarations) {
  const n = ids.length;
  const at = (id: string) => ids.indexOf(id);
  const within = ids.map((_, i) => ids.map((_, j) => i === j));
  for (const [a, b] of [...narrower, ...same, ...same.map(([a, b]) => [b, a] as const)]) within[at(a)]![at(b)] = true;
  for (let k = 0; k < n; k++) for (let i = 0; i < n; i++) for (let j = 0; j < n; j++) within[i]![j] ||= within[i]![k]! && within[k]![j]!;
  const each = ids.keys();
  const all = [...each];
  const above = (i: number) => all.filter((j) => within[i]![j]);
  const apart = (a: number, b: number) => disjoint.some(([p, q]) => (at(p) === a && at(q) === b) || (at(p) === b && at(q) === a));
  const siblings = (a: number, b: number) => a !== b && ids[a]![0] === ids[b]![0];
  const declaredApart = (a: number, b: number) => above(a).some((x) => above(b).some((y) => apart(x, y)));
  const inSiblings = (a: number, b: number) => above(a).some((x) => above(b).some((y) => siblings(x, y)));
  const equal = (a: number, b: number) => within[a]![b]! && within[b]![a]!;
  const suspect = (a: number, b: number) =>
    suspected.some(([p, q]) => (equal(a, at(p)) && equal(b, at(q))) || (equal(a, at(q)) && equal(b, at(p))));
  const overlap = (a: number, b: number) => all.some((x) => within[x]![a] && within[x]![b]);
  return {
    contradiction: all.some((a) => declaredApart(a, a) || inSiblings(a, a)),
    of(a: number, b: number) {
      if (equal(a, b)) return all.some((x) => within[x]![a] && !equal(x, a)) ? 0 : 1;
      if (declaredApart(a, b)) return -1;
      if (suspect(a, b)) return 0;
      return inSiblings(a, b) ? -1 : 0;
    },
    mayOverlap: (a: number, b: number) =>
      overlap(a, b) || suspected.some(([p, q]) => (overlap(a, at(p)) && overlap(b, at(q))) || (overlap(a, at(q)) && overlap(b, at(p)))),
  };
}

function closed(declared: RelationDeclarations): LabelClosure | ContradictionError {
  try {
    return labelClosure(spaces, declared);
  } catch (error) {
    if (error instanceof ContradictionError) return error;
    throw error;
  }
}

describe("labelClosure", () => {
  it("is the definition, searched exhaustively, for any declarations", () => {
    let [consistent, contradicting] = [0, 0];
    fc.assert(
      fc.property(declarations, (declared) => {
        const oracle = naive(declared);
        const closure = closed(declared);
        if (closure instanceof ContradictionError) {
          contradicting++;
          expect(oracle.contradiction).toBe(true);
          return;
        }
        consistent++;
        expect(oracle.contradiction).toBe(false);
        for (const a of ids.keys()) {
          for (const b of ids.keys()) {
            expect([ids[a], ids[b], closure.relation(a, b)]).toEqual([ids[a], ids[b], oracle.of(a, b)]);
            expect([ids[a], ids[b], closure.mayOverlap(a, b)]).toEqual([ids[a], ids[b], oracle.mayOverlap(a, b)]);
          }
        }
      }),
      { numRuns: 1000, seed: 1 },
    );
    expect(Math.min(consistent, contradicting)).toBeGreaterThan(100);
  });

  it("is symmetric, and does not depend on the order of declarations", () => {
    fc.assert(
      fc.property(declarations, (declared) => {
        const closure = closed(declared);
        const reversed = closed(Object.fromEntries(Object.entries(declared).map(([kind, list]) => [kind, [...list].reverse()])));
        expect(reversed instanceof ContradictionError).toBe(closure instanceof ContradictionError);
        if (closure instanceof ContradictionError || reversed instanceof ContradictionError) return;
        for (const a of ids.keys()) {
          for (const b of ids.keys()) {
            expect(closure.relation(a, b)).toBe(closure.relation(b, a));
            expect(closure.mayOverlap(a, b)).toBe(closure.mayOverlap(b, a));
            expect(reversed.relation(a, b)).toBe(closure.relation(a, b));
          }
        }
      }),
    );
  });

  it("keeps a suspected pair from both sides unless it is declared the same or disjoint", () => {
    const closure = labelClosure(spaces, {
      suspected: [
        ["s/0", "t/0"],
        ["s/1", "s/2"],
        ["s/1", "t/1"],
      ],
      same: [["s/1", "t/1"]],
    });
    const at = (id: string) => closure.indexOf(id, "id");
    expect(closure.relation(at("s/0"), at("t/0"))).toBe(0);
    expect(closure.mayOverlap(at("s/0"), at("t/0"))).toBe(true);
    expect(closure.mayOverlap(at("s/0"), at("t/2"))).toBe(false);
    expect(closure.relation(at("s/1"), at("s/2"))).toBe(0);
    expect(closure.relation(at("s/1"), at("t/1"))).toBe(1);
  });

  it("takes a cycle of narrower as equality", () => {
    const closure = labelClosure(spaces, {
      narrower: [
        ["s/0", "t/0"],
        ["t/0", "u/0"],
        ["u/0", "s/0"],
      ],
    });
    expect(closure.relation(closure.indexOf("s/0", "a"), closure.indexOf("u/0", "b"))).toBe(1);
    expect(closure.relation(closure.indexOf("s/0", "a"), closure.indexOf("s/0", "b"))).toBe(1);
  });

  it.each([
    [
      "same and disjoint",
      { same: [["s/0", "t/0"]], disjoint: [["t/0", "s/0"]] },
      ['"s/0" is declared the same as "t/0"', '"t/0" and "s/0" are declared disjoint'],
    ],
    [
      "two labels of one space made equal",
      {
        same: [
          ["s/0", "t/0"],
          ["t/0", "s/1"],
        ],
      },
      ['"t/0" is declared the same as "s/1"', 'different labels of the space "s"'],
    ],
    [
      "a cycle through two labels of one space",
      {
        narrower: [
          ["s/0", "t/0"],
          ["t/0", "s/1"],
          ["s/1", "s/0"],
        ],
      },
      ['"t/0" is declared narrower than "s/1"', 'different labels of the space "s"'],
    ],
    [
      "narrower than two labels of one space",
      {
        narrower: [
          ["s/0", "t/0"],
          ["s/0", "t/1"],
        ],
      },
      ['"s/0" is declared narrower than "t/1"', 'different labels of the space "t"'],
    ],
    [
      "narrower and disjoint",
      {
        narrower: [
          ["s/0", "t/0"],
          ["t/0", "u/0"],
        ],
        disjoint: [["s/0", "u/0"]],
      },
      ['"s/0" is declared narrower than "t/0"', '"t/0" is declared narrower than "u/0"', '"s/0" and "u/0" are declared disjoint'],
    ],
    ["disjoint with itself", { disjoint: [["s/0", "s/0"]] }, ['"s/0" is declared disjoint with itself']],
    ["one space's labels the same", { same: [["s/0", "s/1"]] }, ['"s/0" is declared the same as "s/1"']],
  ] as [string, RelationDeclarations, string[]][])("prints the chain of a contradiction: %s", (_, declared, steps) => {
    const error = closed(declared) as ContradictionError;
    expect(error).toBeInstanceOf(ContradictionError);
    for (const step of steps) {
      expect(error.message).toContain(step);
      expect(error.chain.join("\n")).toContain(step);
    }
  });

  it("names the nearest label for one that is unknown, and the place of what is no pair", () => {
    const named = [{ name: "banking", labels: ["card_arrival", "exchange_rate"] }];
    expect(() => labelClosure(named, { same: [["banking/card_arival", "banking/exchange_rate"]] })).toThrow(
      /same\[0\]\[0\].*Did you mean "banking\/card_arrival"/,
    );
    expect(() => labelClosure(named, { narrower: [["banking/card_arrival"]] } as never)).toThrow(/narrower\[0\].*pair/);
    expect(() => labelClosure(named, { same: "x" } as never)).toThrow(InvalidArgumentError);
  });

  it("closes ten thousand labels in under a second", () => {
    const wide = ["a", "b", "c", "d"].map((name) => ({ name, labels: Array.from({ length: 2500 }, (_, i) => `l${i}`) }));
    const all = Array.from({ length: 2500 }, (_, i) => i);
    const started = performance.now();
    const closure = labelClosure(wide, {
      same: all.map((i) => [`a/l${i}`, `b/l${i}`] as const),
      narrower: [
        ...all.map((i) => [`b/l${i}`, `c/l${i % 250}`] as const),
        ...all.slice(0, 250).map((i) => [`c/l${i}`, `d/l${i % 25}`] as const),
      ],
      disjoint: all.slice(25, 50).map((i) => [`d/l${i}`, "d/l0"] as const),
    });
    expect(performance.now() - started).toBeLessThan(1000);
    expect(closure.relation(closure.indexOf("a/l0", "a"), closure.indexOf("d/l1", "b"))).toBe(-1);
    expect(closure.relation(closure.indexOf("a/l1", "a"), closure.indexOf("b/l1", "b"))).toBe(1);
  });
});
