import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { EmbeddingModel, Progress } from "@quaterion/core";
import { describe, expect, it } from "vitest";
import { clusters } from "../test/clusters.js";
import { ReferenceSet } from "./reference-set.js";
import { centroids } from "./rules/centroids.js";
import { logisticVote } from "./rules/logistic-vote.js";
import { vote } from "./rules/vote.js";

const untrained = clusters(3, { classCount: 3, perClass: 20, noise: 1 });
const dim = 3;
const items = Array.from(untrained.classes, (c, row) => ({ value: String(row), label: `c${c}` }));

/** An encoder, and on it a head that learned its samples by heart: each in the corner of its class; new inputs halfway. */
function models() {
  let encoded = 0;
  const base: EmbeddingModel<string> = {
    fingerprint: "base",
    dim: untrained.dim,
    encode: async (values) => {
      encoded += values.length;
      return Float32Array.from(
        values.flatMap((value) => [...untrained.vectors.subarray(+value * untrained.dim, (+value + 1) * untrained.dim)]),
      );
    },
  };
  const corner = (row: number) => Array.from({ length: dim }, (_, d) => Number(untrained.classes[row] === d));
  const rowOf = (vectors: Float32Array, at: number) =>
    untrained.classes.findIndex((_, row) =>
      untrained.vectors.subarray(row * untrained.dim, (row + 1) * untrained.dim).every((x, d) => x === vectors[at + d]),
    );
  const encodeVectors = async (vectors: Float32Array) =>
    Float32Array.from(Array.from({ length: vectors.length / untrained.dim }, (_, i) => corner(rowOf(vectors, i * untrained.dim))).flat());
  const model: EmbeddingModel<string> = {
    fingerprint: "head",
    dim,
    base,
    encodeVectors,
    encode: async (values) => encodeVectors(await base.encode(values)),
  };
  return { base, model, encoded: () => encoded };
}

describe("rules of a model that was trained on its references", () => {
  it("are tried once, where several models of one encoder share their trials", async () => {
    const { base, model } = models();
    const told: string[] = [];
    const options = {
      trials: new Map(),
      onProgress: ({ phase, note }: Progress) => void (phase.startsWith("choosing") && told.push(note!)),
    };
    const before = await ReferenceSet.from(base, items, options);
    expect(told.length).toBeGreaterThan(6);
    told.length = 0;
    const after = await ReferenceSet.from(model, items, options);
    expect(told).toEqual([`labels: ${after.rules["labels"]!.rule}`]);
    expect(after.rules["labels"]!.tried).toEqual(before.rules["labels"]!.tried);
    expect(after.rules["labels"]).toEqual((await ReferenceSet.from(model, items)).rules["labels"]);
    await expect(ReferenceSet.from(model, items, { trials: {} as never })).rejects.toThrow("`ReferenceSet.from.trials` must be a Map");
  });

  it("are not chosen where the encoder itself was trained, unless rules are named: a vote beside logistic regression decides", async () => {
    const { base, model } = models();
    const whole: EmbeddingModel<string> = { fingerprint: "whole", dim, encode: model.encode, encoderTrained: true };
    const rule = logisticVote();
    const set = await ReferenceSet.from(whole, items);
    expect(set.rules["labels"]!.tried.map(({ rule: name }) => name)).toEqual(["logisticVote"]);
    expect(set.deciders[0]!.settings.rule.options).toEqual(rule.options);
    await set.choose({ untrained: base }); // its temperature is found on what was not trained
    expect(set.rules["labels"]).toEqual((await ReferenceSet.from(whole, items, { untrained: base, rule })).rules["labels"]);
    expect(set.rules["labels"]!.tried[0]!.accuracy).toBeLessThan(1);
    await set.choose({ rules: [vote(), centroids()] });
    expect(set.rules["labels"]!.tried.map(({ rule: name }) => name)).toEqual(["vote", "centroids"]);
  });

  it("are tried on the encoder below its head, which encodes each value once", async () => {
    const { base, model, encoded } = models();
    const set = await ReferenceSet.from(model, items);
    expect(encoded()).toBe(items.length);
    const honest = await ReferenceSet.from(base, items);
    const { tried, temperature, threshold, rule } = set.rules["labels"]!;
    expect(tried).toEqual(honest.rules["labels"]!.tried);
    expect(tried.every(({ accuracy }) => accuracy < 1)).toBe(true);
    expect({ rule, temperature }).toEqual({ rule: honest.rules["labels"]!.rule, temperature: honest.rules["labels"]!.temperature });
    // Its own likeness would refuse whatever is not exactly in a corner.
    expect(threshold).toBe(honest.rules["labels"]!.threshold);
    expect(threshold).toBeLessThan(1);
    expect(set.references[0]!.vector).toHaveLength(dim);
  });

  it("are tried on a model that is given, at the start and when chosen anew", async () => {
    const { base, model } = models();
    const trainedWhole: EmbeddingModel<string> = { fingerprint: "whole", dim, encode: model.encode };
    const flattered = await ReferenceSet.from(trainedWhole, items);
    expect(flattered.rules["labels"]!.tried.every(({ accuracy }) => accuracy === 1)).toBe(true);
    const set = await ReferenceSet.from(trainedWhole, items, { untrained: base });
    const first = set.rules["labels"]!;
    expect(first.tried).toEqual((await ReferenceSet.from(base, items)).rules["labels"]!.tried);
    await set.choose({ untrained: base });
    expect(set.rules["labels"]).toEqual(first);
  });

  it("are not tried on what is no model", async () => {
    await expect(ReferenceSet.from(models().base, items, { untrained: "MiniLM" as never })).rejects.toThrow(
      /untrained` must be a model or an encoder.*received "MiniLM"/,
    );
  });

  it("are not tried on references that are names of labels, also when chosen anew after loading", async () => {
    const { base, model } = models();
    // Half of the items stand for names: they refer, and the other half is asked.
    const named = items.map((item, row) => ({ ...item, name: row % 2 === 1 }));
    const set = await ReferenceSet.from({ ...model, base: undefined }, named, { untrained: base });
    const all = await ReferenceSet.from({ ...model, base: undefined }, items, { untrained: base });
    expect(set.references.filter(({ name }) => name)).toHaveLength(items.length / 2);
    expect(set.rules["labels"]!.tried).not.toEqual(all.rules["labels"]!.tried);
    const folder = await mkdtemp(join(tmpdir(), "names-"));
    await set.save(folder);
    const loaded = await ReferenceSet.load(folder, { model });
    await loaded.choose({ untrained: base });
    expect(loaded.rules["labels"]).toEqual(set.rules["labels"]);
  });

  it("are tried on the references' own vectors where those are given: values may be nothing that the encoder takes", async () => {
    const { model, base, encoded } = models();
    const vectors = await model.encode(items.map(({ value }) => value));
    const before = encoded();
    const set = await ReferenceSet.from(model, items, { vectors });
    expect(encoded()).toBe(before);
    expect(set.rules["labels"]!.tried.every(({ accuracy }) => accuracy === 1)).toBe(true);
    const asked = await ReferenceSet.from(model, items, { vectors, untrained: base });
    expect(asked.rules["labels"]!.tried.every(({ accuracy }) => accuracy < 1)).toBe(true);
  });
});
