import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type EmbeddingModel, Random } from "@quaterion/core";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ReferenceSet } from "./reference-set.js";
import { conformalSimilarity } from "./refusal.js";
import { centroids } from "./rules/centroids.js";

/** Inputs are vectors themselves. */
const model = (dim: number): EmbeddingModel<Float32Array> => ({
  fingerprint: "vectors",
  dim,
  encode: async (values) => Float32Array.from(values.flatMap((value) => [...value])),
});
const dim = 8;
const classCount = 5;

/** Inputs about five centres; those that were trained on are drawn to their centre, as training does, and others are not. */
function drawn(random: Random, centers: readonly Float32Array[], count: number, noise: number) {
  return Array.from({ length: count }, (_, i) => ({
    value: centers[i % classCount]!.map((center) => center + noise * random.normal()),
    label: `c${i % classCount}`,
  }));
}
async function trainedSet(seed: number, references = 50) {
  const random = new Random(seed);
  const centers = Array.from({ length: classCount }, () => Float32Array.from({ length: dim }, () => random.normal()));
  const set = await ReferenceSet.from(model(dim), drawn(random, centers, references, 0.2), { rule: centroids() });
  return { set, draw: (count: number, noise = 0.8) => drawn(random, centers, count, noise) };
}
const refused = async (set: ReferenceSet<Float32Array>, inputs: readonly { value: Float32Array }[]) =>
  (await set.classifyMany(inputs.map(({ value }) => value))).filter((answer) => answer.refused).length;

describe("calibrate", () => {
  it("keeps the promised share of false alarms for a model that was trained on its references, which the references alone do not", async () => {
    for (const promised of [0.05, 0.2]) {
      const total = { before: 0, after: 0, inputs: 0 };
      for (let seed = 1; seed <= 40; seed++) {
        const { set, draw } = await trainedSet(seed);
        const inputs = draw(50);
        total.before += await refused(set, inputs);
        await set.calibrate(draw(60), { refuse: promised });
        total.after += await refused(set, inputs);
        total.inputs += inputs.length;
      }
      expect(total.before / total.inputs).toBeGreaterThan(0.4);
      // The draws of one set share its threshold: 40 thresholds, each off by about √(p (1 − p) / 60), and 2,000 inputs.
      const error = Math.sqrt(promised * (1 - promised) * (1 / (40 * 60) + 1 / total.inputs));
      expect(total.after / total.inputs).toBeLessThan(promised + 3 * error);
      expect(total.after / total.inputs).toBeGreaterThan(promised - 3 * error - 1 / 61);
    }
  });

  it("promises for any scores: of n + 1 similarities, the one left out lies below the threshold of the others at most that often", () => {
    const similarities = fc.array(fc.integer({ min: -10, max: 10 }), { minLength: 2, maxLength: 40 });
    fc.assert(
      fc.property(similarities, fc.integer({ min: 1, max: 10 }), (all, tenths) => {
        const below = all.filter((each, i) => each < conformalSimilarity(all.toSpliced(i, 1), tenths / 10)).length;
        expect(below).toBeLessThanOrEqual((tenths / 10) * all.length + 1e-9);
      }),
    );
  });

  it("makes probabilities that can be believed", async () => {
    const { set, draw } = await trainedSet(3, 200);
    const inputs = draw(2000, 1.6);
    const gap = async () => {
      const answers = await set.classifyMany(inputs.map(({ value }) => value));
      const right = answers.filter(({ name }, i) => name === inputs[i]!.label).length / inputs.length;
      return answers.reduce((sum, { probability }) => sum + probability, 0) / inputs.length - right;
    };
    expect(await gap()).toBeGreaterThan(0.1); // far too sure
    await set.calibrate(draw(500, 1.6));
    expect(Math.abs(await gap())).toBeLessThan(0.03);
  });

  it("refuses nothing where inputs are too few for a promise, and leaves the temperature to the references", async () => {
    const { set, draw } = await trainedSet(4);
    const before = set.rules["labels"]!;
    expect(before.threshold).toBeGreaterThan(0);
    const found = await set.calibrate(draw(18));
    expect(found).toEqual({ labels: { inputs: 18, threshold: Number.NEGATIVE_INFINITY, temperature: before.temperature } });
    expect((await set.calibrate(draw(19))).labels!.threshold).toBeGreaterThan(-1);
    expect(set.rules["labels"]!.temperature).toBe(before.temperature);
    await set.calibrate(draw(20), { refuse: false });
    expect(set.rules["labels"]).toMatchObject({ threshold: Number.NEGATIVE_INFINITY, rule: before.rule });
    expect(set.rules["labels"]!.temperature).not.toBe(before.temperature);
  });

  it("wants an input with a label that a reference has", async () => {
    const { set, draw } = await trainedSet(6);
    const before = set.rules;
    const input = { ...draw(1)[0]!, label: "c0ffee" };
    await expect(set.calibrate([input])).rejects.toThrow(
      'No held-out input has a label of the references; received labels such as "labels/c0ffee".',
    );
    expect(set.rules).toEqual(before);
  });

  it("passes over labels that no reference has, and leaves spaces alone that have no input", async () => {
    const random = new Random(5);
    const centers = Array.from({ length: classCount }, () => Float32Array.from({ length: dim }, () => random.normal()));
    const [a, b] = [drawn(random, centers, 40, 0.2), drawn(random, centers, 40, 0.2)];
    const set = await ReferenceSet.from(model(dim), [
      ...a.map((item) => ({ ...item, space: "a" })),
      ...b.map((item) => ({ ...item, space: "b" })),
    ]);
    const before = set.rules;
    const inputs = drawn(random, centers, 30, 0.8).map((item) => ({ ...item, space: "a" }));
    const strange = { value: centers[0]!.map((x) => -x), label: "never seen", space: "a" };
    const found = await set.calibrate([...inputs, ...Array(30).fill(strange)]);
    expect(Object.keys(found)).toEqual(["a", ""]);
    expect(found.a!.inputs).toBe(30);
    expect(set.rules.b).toEqual(before.b);
    expect(set.rules[""]!.threshold).not.toBe(before[""]!.threshold);
  });

  it("is kept when the set is saved and loaded, and through changes of references", async () => {
    const { set, draw } = await trainedSet(6);
    await set.calibrate(draw(60));
    await set.add(draw(1)[0]!.value, "c0");
    const folder = await mkdtemp(join(tmpdir(), "quaterion-references-"));
    try {
      await set.save(folder);
      expect((await ReferenceSet.load(folder, { model: set.model })).rules).toEqual({ ...set.rules });
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  it("says what it expects", async () => {
    const { set } = await trainedSet(7);
    await expect(set.calibrate([])).rejects.toThrow(/labelled/);
    await expect(set.calibrate([{ value: new Float32Array(dim), label: "c0" }], { refuse: 2 })).rejects.toThrow(/calibrate\.refuse/);
    await expect(set.calibrate([{ value: new Float32Array(dim), label: "c0" }], { refused: 0.1 } as never)).rejects.toThrow(/refuse/);
  });
});
