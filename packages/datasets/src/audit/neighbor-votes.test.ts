import { Random } from "@quaterion/core";
import { describe, expect, it } from "vitest";
import { labeled } from "../labeled.js";
import { type AuditOptions, auditData } from "./audit-data.js";

/** Rows of [text, label, angle in degrees on the unit circle]. */
type Rows = readonly (readonly [string, string, number])[];
const set = (rows: Rows) => labeled(rows, { value: ([text]) => text, label: ([, label]) => label });
const vectors = (rows: Rows) =>
  Float32Array.from(rows.flatMap(([, , angle]) => [Math.cos((angle * Math.PI) / 180), Math.sin((angle * Math.PI) / 180)]));
const audit = (train: Record<string, Rows>, test: Record<string, Rows> = {}, options: AuditOptions = {}) => {
  const sets = (parts: Record<string, Rows>) => Object.fromEntries(Object.entries(parts).map(([name, rows]) => [name, set(rows)]));
  const embeddings = (parts: Record<string, Rows>) =>
    Object.fromEntries(Object.entries(parts).map(([name, rows]) => [name, vectors(rows)]));
  return auditData(
    { train: sets(train), test: sets(test) },
    { embeddings: { train: embeddings(train), test: embeddings(test) }, ...options },
  );
};
/** The degrees whose cosine is 0.95 lie between 18 and 19. */
const rates = (label: string, angles: number[]) => angles.map((angle) => [`${label} ${angle}`, label, angle] as const);

describe("texts that are nearly the same", () => {
  it("are leaks from the given cosine on, and only where they are not the same text already", () => {
    const train = { a: [["one", "x", 0] as const, ["two", "y", 90] as const] };
    const test = { a: [["uno", "x", 18] as const, ["due", "y", 109] as const, ["One!", "x", 0] as const] };
    const [leak, ...others] = audit(train, test).leaks;
    expect(others).toEqual([]);
    expect(leak).toMatchObject({ exact: 0, normalized: 1, rows: [2], nearRows: [0], of: 3 });
    expect(leak!.texts.map(({ kind, test: { text } }) => [kind, text])).toEqual([
      ["normalized", "One!"],
      ["near", "uno"],
    ]);
    expect(leak!.texts[1]!.similarity).toBeCloseTo(Math.cos(Math.PI / 10), 6);
    expect(audit(train, test, { nearSimilarity: 0.9 }).leaks[0]!.nearRows).toEqual([0, 1]);
  });

  it("are leaks across sets too, and cannot be found without vectors", () => {
    const rows = { train: { a: rates("x", [0, 40]), b: rates("y", [90]) }, test: { c: rates("z", [91]) } };
    expect(audit(rows.train, rows.test).leaks.map(({ train, test, nearRows }) => [train, test, nearRows])).toEqual([["b", "c", [0]]]);
    expect(auditData({ train: { a: set(rows.train.a) }, test: { c: set(rows.test.c) } })).toMatchObject({
      leaks: [],
      neighbors: undefined,
    });
  });

  it("conflict where their labels differ, once a pair; labels of two sets do not", () => {
    const { conflicts } = audit({ a: [...rates("x", [0, 60]), ...rates("y", [10, 120])], b: rates("z", [1, 150]) }).neighbors!;
    expect(conflicts.map(({ space, a, b }) => [space, a, b])).toEqual([
      ["a", { row: { set: "a", row: 0 }, text: "x 0", label: "x" }, { row: { set: "a", row: 2 }, text: "y 10", label: "y" }],
    ]);
    expect(conflicts[0]!.similarity).toBeCloseTo(Math.cos(Math.PI / 18), 6);
  });

  it("do not conflict where they are one text: that is told already", () => {
    const rows: Rows = [
      ["Hello", "x", 0],
      ["hello!", "y", 0],
      ["bye", "y", 90],
    ];
    const report = audit({ a: rows });
    expect(report.conflicts).toHaveLength(1);
    expect(report.neighbors!.conflicts).toEqual([]);
  });
});

describe("labels that the neighbours dispute", () => {
  const [x, y] = [rates("x", [0, 2, 4, 6, 8, 10]), rates("y", [90, 92, 94, 96, 98, 100])];

  it("are those of rows among rows of another label", () => {
    const { disputed } = audit({ first: x, second: [...x, ["wrong", "y", 5] as const, ...y] }).neighbors!;
    expect(disputed).toHaveLength(1);
    expect(disputed[0]).toMatchObject({ set: "second", row: 6, space: "second", label: "y", suggested: "x", votes: 5, ownVotes: 0, of: 5 });
    expect(disputed[0]!.similarity).toBeCloseTo(Math.cos(Math.PI / 180), 6);
    expect(disputed[0]!.ownSimilarity).toBeUndefined();
    expect(disputed[0]!.neighbors.map(({ label }) => label)).toEqual(["x", "x", "x"]);
  });

  it("need as many votes as `agreement` says, of as many `neighbors`", () => {
    const mixed = { a: [...x, ["odd", "y", 11] as const, ["even", "y", 12] as const, ["far", "y", 13] as const, ...y] };
    // The neighbours of "odd": 10 x, 12 y, 9 is none, 13 y, 8 x, 6 x: three of five say x.
    const texts = (options: AuditOptions) => audit(mixed, {}, options).neighbors!.disputed.map(({ text }) => text);
    expect(texts({})).toEqual([]);
    expect(texts({ agreement: 0.6 })).toContain("odd");
    expect(texts({ agreement: 0.6, neighbors: 2 })).toEqual([]);
  });

  it("are voted on once by each text, and not by copies of the row itself", () => {
    const copies: Rows = [...x, ["Copy", "y", 5], ["copy", "y", 5], ["copy!", "y", 5], ["(copy)", "y", 5], ...y];
    expect(audit({ a: copies }).neighbors!.disputed.map(({ text, ownVotes }) => [text, ownVotes])).toEqual([
      ["Copy", 0],
      ["copy", 0],
      ["copy!", 0],
      ["(copy)", 0],
    ]);
  });

  it("are found for what is no text too, and nothing votes on itself", () => {
    const rows = [...x, ["wrong", "y", 5] as const, ...y];
    const data = labeled(rows, { value: ([, , angle]) => ({ angle }), label: ([, label]) => label });
    const found = auditData({ train: { a: data } }, { embeddings: { train: { a: vectors(rows) } } }).neighbors!.disputed;
    expect(found.map(({ text, of, ownVotes }) => [text, of, ownVotes])).toEqual([['{"angle":5}', 5, 0]]);
  });

  it("are found where labels were changed on purpose, and hardly elsewhere", () => {
    const random = new Random(1);
    const dim = 16;
    const rows = Array.from({ length: 300 }, (_, i) => {
      const vector = Float32Array.from({ length: dim }, (_, d) => (d === i % 6 ? 4 : 0) + random.normal());
      const changed = i < 15;
      return { text: `${i}`, label: `${changed ? (i + 1) % 6 : i % 6}`, vector, changed };
    });
    const data = labeled(rows, { value: "text", label: "label" });
    const embeddings = { train: { a: Float32Array.from(rows.flatMap(({ vector }) => [...vector])) } };
    const { disputed } = auditData({ train: { a: data } }, { embeddings }).neighbors!;
    const right = disputed.filter(({ row }) => rows[row]!.changed);
    expect(right.length).toBeGreaterThanOrEqual(14);
    expect(disputed.length - right.length).toBeLessThanOrEqual(3);
    for (const { row, suggested } of right) expect(suggested).toBe(`${row % 6}`);
  });
});

it("compares a part of the rows of a large set, spread over it, and says so", () => {
  const rows = [...rates("x", [0, 2, 4, 6, 8, 10]), ["wrong", "y", 5] as const, ...rates("y", [90, 92, 94, 96, 98])];
  const part = audit({ a: rows }, {}, { mostQueries: 4 }).neighbors!;
  expect(part.compared).toEqual([{ space: "a", rows: 4, of: 12 }]); // rows 0, 3, 6, 9
  expect(part.disputed.map(({ text }) => text)).toEqual(["wrong"]);
});

it("reports its progress, to the end", () => {
  const seen: string[] = [];
  audit(
    { a: rates("x", [0, 90]) },
    { a: rates("x", [45]) },
    { onProgress: ({ phase, done, total, unit }) => seen.push(`${phase} ${done}/${total} ${unit}`) },
  );
  expect(seen).toEqual(["comparing test texts with training texts 1/1 texts", "comparing training texts 2/2 texts"]);
});

describe("embeddings that do not fit", () => {
  const a = set(rates("x", [0, 90]));
  it.each([
    [{ train: { b: new Float32Array(4) } }, /embeddings\.train.*"b".*a/],
    [{ train: { a: new Float32Array(3) } }, /embeddings\.train\.a.*2 × dim/],
    [{ train: { a: new Float32Array(4) } }, /none for "c"/],
    [{ train: { a: new Float32Array(4), c: new Float32Array(6) } }, /one encoder: "a" has 2.*"c" 3/],
    [{ train: { a: new Float32Array(4), c: new Float32Array(4) }, test: { t: new Float32Array(6) } }, /one encoder: "t".*3.*"a".*2/],
  ])("are told apart: %#", (embeddings, message) => {
    expect(() => auditData({ train: { a, c: a }, test: { t: a } }, { embeddings })).toThrow(message);
  });

  it("are refused where they hold NaN", () => {
    expect(() => auditData({ train: { a } }, { embeddings: { train: { a: Float32Array.of(1, 0, Number.NaN, 0) } } })).toThrow(/NaN/);
  });
});
