import { Random } from "@quaterion/core";
import { describe, expect, it } from "vitest";
import { combine } from "../combine.js";
import { labeled } from "../labeled.js";
import { alignLabels } from "./align-labels.js";

const dim = 24;
/** Texts of a label: vectors around the directions of its topics, in turn. */
type Set = Readonly<Record<string, readonly number[]>>;
const texts = 30;
const random = new Random(5);
const set = (name: string, labels: Set) =>
  Object.entries(labels).flatMap(([label, topics]) =>
    Array.from({ length: texts }, (_, i) => {
      const topic = topics[i % topics.length]!;
      return {
        text: `${name} ${label} ${i}`,
        label,
        vector: Float32Array.from({ length: dim }, (_, d) => (d === topic ? 9 : 0) + random.normal()),
      };
    }),
  );
const [l, r] = [
  set("l", { pay: [0], ask: [1], red: [2], blue: [3], green: [4], thing: [5, 6, 7], alone: [8] }),
  set("r", { money: [0], question: [1], colour: [2, 3, 4], cup: [5], plate: [6], spoon: [7], other: [9] }),
];
const of = (rows: typeof l) => labeled(rows, { value: "text", label: "label" });
const data = combine({ l: of(l), r: of(r) });
const embeddings = Float32Array.from([...l, ...r].flatMap(({ vector }) => [...vector]));
const words = (proposals: ReturnType<typeof alignLabels>) => proposals.map(({ a, b, relation }) => `${a} ${relation} ${b}`).sort();

describe("alignLabels", () => {
  const proposals = alignLabels(data, { embeddings });

  it("proposes what is the same, what lies within what, and nothing else", () => {
    expect(words(proposals)).toEqual([
      "l/ask same r/question",
      "l/blue narrower r/colour",
      "l/green narrower r/colour",
      "l/pay same r/money",
      "l/red narrower r/colour",
      "l/thing broader r/cup",
      "l/thing broader r/plate",
      "l/thing broader r/spoon",
    ]);
    expect(proposals.map(({ score }) => score)).toEqual(proposals.map(({ score }) => score).sort((a, b) => b - a));
  });

  it("says why, with examples of both labels", () => {
    const { evidence, examples } = proposals.find(({ a, relation }) => a === "l/pay" && relation === "same")!;
    expect(evidence).toMatchObject({ identicalTexts: 0, names: 0, shareOfA: 1, shareOfB: 1 });
    expect(evidence.belongsWithA).toBeGreaterThan(0.9);
    expect(examples.a).toHaveLength(3);
    for (const text of examples.a) expect(text).toMatch(/^l pay/);
    for (const text of examples.b) expect(text).toMatch(/^r money/);
    expect(alignLabels(data, { embeddings, examples: 5 })[0]!.examples.b).toHaveLength(5);
  });

  it("shows the most typical examples, and shared texts before them", () => {
    const [typical] = proposals.find(({ a }) => a === "l/pay")!.examples.a;
    const index = Number(typical!.split(" ")[2]);
    const centroid = (vectors: Float32Array[]) =>
      Float64Array.from({ length: dim }, (_, d) => vectors.reduce((sum, v) => sum + v[d]! / Math.hypot(...v), 0));
    const pay = l.filter(({ label }) => label === "pay").map(({ vector }) => vector);
    const middle = centroid(pay);
    const closeness = pay.map((v) => v.reduce((sum, value, d) => sum + value * middle[d]!, 0) / Math.hypot(...v));
    expect(closeness[index]).toBe(Math.max(...closeness));

    const shared = combine({ l: of([...l, { text: "r money 29", label: "pay", vector: pay[0]! }]), r: of(r) });
    const best = alignLabels(shared, {
      embeddings: Float32Array.from([...l.flatMap(({ vector }) => [...vector]), ...pay[0]!, ...r.flatMap(({ vector }) => [...vector])]),
    }).find(({ a }) => a === "l/pay");
    expect(best).toMatchObject({ b: "r/money", relation: "same", evidence: { identicalTexts: 1 } });
    expect(best!.examples.a[0]).toBe("r money 29");
    expect(best!.examples.b[0]).toBe("r money 29");
  });

  it("leaves out what is less likely than it is told", () => {
    const sure = alignLabels(data, { embeddings, leastScore: 0.9 });
    expect(sure.length).toBeLessThan(proposals.length);
    expect(sure).toEqual(proposals.filter(({ score }) => score >= 0.9));
    expect(alignLabels(data, { embeddings, leastScore: 0 })).toHaveLength(49);
  });

  it("takes a model's answers for the nearest centroids, one side or both", () => {
    const wrong = [...l, ...r].map((_, row) => (row < l.length ? "other" : undefined));
    const told = alignLabels(data, { embeddings, answers: { r: wrong }, leastScore: 0 }).find(
      ({ a, b }) => a === "l/pay" && b === "r/money",
    )!;
    expect(told.evidence).toMatchObject({ shareOfA: 0, shareOfB: 1 });
    const right = [...l, ...r].map(({ label }, row) => (row < l.length ? undefined : label === "money" ? "pay" : "alone"));
    const other = alignLabels(data, { embeddings, answers: { l: right }, leastScore: 0 }).find(
      ({ a, b }) => a === "l/alone" && b === "r/cup",
    )!;
    expect(other.evidence.shareOfB).toBe(1); // every cup was answered "alone"
  });

  it("goes by shared texts and names where there are no vectors", () => {
    const few = (samples: readonly (readonly [string, string])[]) =>
      labeled(samples, { value: ([text]) => text, label: ([, label]) => label });
    const small = combine({
      l: few([
        ["hi", "greet"],
        ["hello", "greet"],
        ["hey", "greet"],
        ["bye", "leave_now"],
        ["no", "deny"],
      ]),
      r: few([
        ["hi", "hello"],
        ["hello", "hello"],
        ["hey", "hello"],
        ["so long", "leave"],
        ["yes", "yes"],
      ]),
    });
    const found = alignLabels(small, { leastScore: 0.1 });
    expect(words(found)).toEqual(["l/greet same r/hello", "l/leave_now same r/leave"]);
    expect(found.find(({ a }) => a === "l/greet")!.examples).toEqual({ a: ["hi", "hello", "hey"], b: ["hi", "hello", "hey"] });
  });

  it("leaves out what is declared, and what follows from it", () => {
    const known = combine(
      { l: of(l), r: of(r) },
      {
        relations: {
          same: [["l/pay", "r/money"]],
          narrower: [
            ["l/red", "r/colour"],
            ["r/cup", "l/thing"],
          ],
        },
      },
    );
    const rest = alignLabels(known, { embeddings, leastScore: 0 });
    expect(words(rest)).toContain("l/blue narrower r/colour");
    for (const { a, b } of rest) {
      expect([a, b]).not.toContain("l/pay"); // dissimilar to all others by its being the same as money
      expect([`${a} ${b}`]).not.toContain("l/red r/colour");
      expect([`${a} ${b}`]).not.toContain("l/thing r/cup");
    }
  });

  it("does not compare labels of the same rows: how they relate is in the data", () => {
    const rows = l.map((row) => ({ ...row, coarse: row.label.length > 4 ? "long" : "short" }));
    const grains = labeled(rows, { value: "text", label: { fine: "label", coarse: "coarse" } });
    expect(alignLabels(grains, { embeddings: Float32Array.from(rows.flatMap(({ vector }) => [...vector])), leastScore: 0 })).toEqual([]);
  });

  it.each([
    [{ embeddings: new Float32Array(7) }, /embeddings.*420 × dim/],
    [{ embeddings, answers: { s: [] } }, /"s".*(l, r|l|r)/],
    [{ embeddings, answers: { r: ["cup"] } }, /answers\.r.*420 rows/],
    [{ embeddings, answers: { r: Array(420).fill("cupp") } }, /"cupp".*Did you mean "cup"/],
    [{ answers: { r: Array(420).fill("cup") } }, /answers.*embeddings/],
    [{ leastScore: 2 }, /leastScore/],
  ])("says what it expects: %#", (options, message) => {
    expect(() => alignLabels(data, options)).toThrow(message);
  });
});
