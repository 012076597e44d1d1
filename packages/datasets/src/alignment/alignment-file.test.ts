import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { combine } from "../combine.js";
import { labeled } from "../labeled.js";
import type { LabelProposal } from "./align-labels.js";
import { acceptedRelations, alignmentFile, because } from "./alignment-file.js";

const proposal = (a: string, relation: LabelProposal["relation"], b: string): LabelProposal => ({
  a: `l/${a}`,
  b: `r/${b}`,
  relation,
  score: 0.876,
  evidence: { identicalTexts: 1, names: 0.5, shareOfA: 0.9, shareOfB: 0.25, belongsWithA: 1, belongsWithB: 0.5 },
  examples: { a: ["x"], b: ["y"] },
});
const proposals = [proposal("a", "same", "x"), proposal("b", "narrower", "y"), proposal("c", "broader", "z")];
const throughDisk = (value: unknown) => JSON.parse(JSON.stringify(value, null, 2));

describe("an alignment file", () => {
  it("declares what was known already, and nothing more until a person accepts it", () => {
    expect(acceptedRelations(throughDisk(alignmentFile(proposals)))).toEqual({});
    const known = { same: [["l/k", "r/k"] as const], suspected: [["l/s", "r/s"] as const] };
    expect(acceptedRelations(throughDisk(alignmentFile(proposals, known)))).toEqual(known);
  });

  it("declares exactly what was accepted, whatever is accepted", () => {
    fc.assert(
      fc.property(fc.array(fc.boolean(), { minLength: 3, maxLength: 3 }), (accepted) => {
        const file = throughDisk(alignmentFile(proposals));
        for (const [i, accept] of accepted.entries()) file.proposals[i].accept = accept;
        const narrower = [...(accepted[1] ? [["l/b", "r/y"]] : []), ...(accepted[2] ? [["r/z", "l/c"]] : [])];
        expect(acceptedRelations(file)).toEqual({
          ...(accepted[0] ? { same: [["l/a", "r/x"]] } : {}),
          ...(narrower.length > 0 ? { narrower } : {}),
        });
      }),
    );
  });

  it("takes another relation than the one that was proposed, and pairs that a person adds", () => {
    const file = throughDisk(alignmentFile(proposals));
    Object.assign(file.proposals[0], { accept: true, relation: "broader" });
    file.disjoint.push(["l/a", "r/q"]);
    expect(acceptedRelations(file)).toEqual({ narrower: [["r/x", "l/a"]], disjoint: [["l/a", "r/q"]] });
  });

  it("takes plain declarations as they are", () => {
    expect(acceptedRelations({ same: [["a/x", "b/y"]] })).toEqual({ same: [["a/x", "b/y"]] });
    expect(acceptedRelations({})).toEqual({});
  });

  it("is what `combine` takes: accepting changes relations, and nothing else", () => {
    const of = (...labels: string[]) =>
      labeled(
        labels.map((label) => ({ label })),
        { value: ({ label }) => `text of ${label}`, label: "label" },
      );
    const parts = { l: of("a", "b", "c"), r: of("x", "y", "z") };
    const file = throughDisk(alignmentFile(proposals));
    const before = combine(parts, { relations: file });
    expect(before.relations.of("l/a", "r/x")).toBe(0);
    for (const each of file.proposals) each.accept = true;
    const after = combine(parts, { relations: file });
    expect(after.relations.declarations).toEqual({
      same: [["l/a", "r/x"]],
      narrower: [
        ["l/b", "r/y"],
        ["r/z", "l/c"],
      ],
    });
    expect(after.relations.of("l/a", "r/x")).toBe(1);
    expect([after.values, after.spaces]).toEqual([before.values, before.spaces]);
    Object.assign(file.proposals[1], { b: "r/q" });
    expect(() => combine(parts, { relations: file })).toThrow(/r\/q/);
  });

  it("shows each proposal with its score, its evidence in words and its examples", () => {
    expect(alignmentFile(proposals).proposals[0]).toEqual({
      accept: false,
      a: "l/a",
      relation: "same",
      b: "r/x",
      score: 0.88,
      because: because(proposals[0]!.evidence),
      examplesOfA: ["x"],
      examplesOfB: ["y"],
    });
    expect(because(proposals[0]!.evidence)).toBe(
      "1 text carries both labels; in the other set, 90 % of a's texts would get b, 25 % of b's would get a; a's and b's texts are as alike as 100 % of a's own, 50 % of b's own; the names are alike",
    );
    expect(because({ identicalTexts: 2, names: 0 })).toBe("2 texts carry both labels");
  });

  it.each([
    [[], /relations\.json: Expected an object.*array/],
    [{ sam: [] }, /relations\.json: "sam" is no kind.*Did you mean "same"/],
    [{ same: {} }, /relations\.json: "same" must be a list/],
    [{ same: [["a/x"]] }, /relations\.json: Pair 1 of "same" must be two labels/],
    [
      {
        narrower: [
          ["a/x", "b/y"],
          ["a/x", "y"],
        ],
      },
      /Pair 2 of "narrower".*"set\/label".*"y"/,
    ],
    [{ same: [["/x", "b/y"]] }, /Pair 1 of "same".*"\/x"/],
    [{ proposals: {} }, /"proposals" must be a list/],
    [{ proposals: [null] }, /Proposal 1: "accept" must be true or false; received undefined/],
    [{ proposals: [{ accept: "yes" }] }, /Proposal 1: "accept".*"yes"/],
    [{ proposals: [{ accept: true, a: "a/x", b: "b/y", relation: "wider" }] }, /Proposal 1: "relation" must be one of "same".*"wider"/],
    [{ proposals: [{ accept: true, a: 5, b: "b/y", relation: "same" }] }, /Proposal 1 must name two labels.*5/],
  ])("edited into something else is an error that names the file and the entry: %j", (file, message) => {
    expect(() => acceptedRelations(file, { file: "relations.json" })).toThrow(message);
  });

  it("names the entry of a label that the data does not have, and the nearest that it has", () => {
    const labels = ["a/card", "b/loan"];
    const proposals = [{ accept: false }, { accept: true, a: "a/card", relation: "same", b: "b/lone" }];
    expect(() => acceptedRelations({ proposals }, { file: "r.json", labels })).toThrow(
      'r.json: Proposal 2, "a/card" and "b/lone": the set "b" has no label "lone". Did you mean "b/loan"?',
    );
    for (const [wrong, message] of [
      ["b/xyz", 'the set "b" has no label "xyz". Known: "b/loan".'],
      ["bb/loan", 'the data has no set "bb". Did you mean "b/loan"?'],
      ["bb/lone", 'the data has no set "bb". Did you mean "b/loan"?'],
      ["shop/parcels", 'the data has no set "shop". Known: "a", "b".'],
    ])
      expect(() => acceptedRelations({ same: [["a/card", wrong]] }, { labels })).toThrow(
        `Pair 1 of "same", "a/card" and "${wrong}": ${message}`,
      );
    expect(acceptedRelations({ same: [["a/card", "b/loan"]] }, { labels })).toEqual({ same: [["a/card", "b/loan"]] });
  });

  it("an entry that was not accepted may hold anything", () => {
    expect(acceptedRelations({ proposals: [{ accept: false, relation: "?" }] })).toEqual({});
  });

  it("never crashes: any JSON is a result or a clear error", () => {
    fc.assert(
      fc.property(fc.oneof(fc.jsonValue(), fc.record({ same: fc.jsonValue(), proposals: fc.jsonValue() })), (json) => {
        try {
          expect(Object.keys(acceptedRelations(json))).toEqual(expect.any(Array));
        } catch (error) {
          expect(error).toMatchObject({ code: "INVALID_DATA" });
        }
      }),
    );
  });
});
