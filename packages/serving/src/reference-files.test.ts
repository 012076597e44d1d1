import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { IncompatibleError, NotFoundError, StorageError } from "@quaterion/core";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { LetterEncoder } from "../test/letter-encoder.js";
import { saveHalvingModel } from "../test/saved-model.js";
import { defaultRules } from "./choose-rule.js";
import { ReferenceSet } from "./reference-set.js";
import type { DecisionRule } from "./rules/decision-rule.js";
import { nearest } from "./rules/nearest.js";
import { SimilarityModel } from "./similarity-model.js";

const model = new LetterEncoder();
const examples = ["red rose", "red tulip", "red wine", "blue sea", "blue sky", "blue whale"].map((value, i) => ({
  value,
  label: i < 3 ? "red" : "blue",
}));
const queries = ["red sea", "blue rose", "a red sky", "whale"];

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "quaterion-references-"));
});
afterEach(() => rm(folder, { recursive: true }));

describe("a saved reference set", () => {
  it.each(defaultRules().map((rule) => [rule.name, rule] as const))("answers as before, by %s", async (_, rule) => {
    const set = await ReferenceSet.from(model, examples, { rule });
    await set.add("green grass", "green");
    await set.save(folder);
    const loaded = await ReferenceSet.load(folder, { model });
    expect(await loaded.classifyMany(queries)).toEqual(await set.classifyMany(queries));
    expect(loaded.rules).toEqual(set.rules);
    expect((await loaded.explain("red sky")).references).toEqual((await set.explain("red sky")).references);
  });

  it("keeps history: what was removed before saving comes back after loading", async () => {
    const set = await ReferenceSet.from(model, examples, { rule: nearest() });
    set.move("r1", "blue");
    set.remove("r5");
    await set.save(folder);
    const loaded = await ReferenceSet.load<string>(folder, { model });
    expect(loaded.history).toEqual(set.history);
    expect(loaded.references).toHaveLength(5);
    loaded.undo();
    loaded.undo();
    const original = await ReferenceSet.from(model, examples, { rule: nearest() });
    expect(loaded.references).toEqual(original.references);
    expect(await loaded.classifyMany(queries)).toEqual(await original.classifyMany(queries));
    expect(await loaded.add("x", "red")).toEqual(["r7"]); // no id is used twice
  });

  it("asks for its model where that was not saved beside it", async () => {
    await (await ReferenceSet.from(model, examples)).save(folder);
    for (const options of [{}, { encoder: model }])
      await expect(ReferenceSet.load(folder, options)).rejects.toThrow(
        `${folder} holds references, but no model: ${join(folder, "quaterion.json")} is not there. Pass the one that they were made with, ReferenceSet.load(folder, { model })`,
      );
    await expect(ReferenceSet.load(join(folder, "nowhere"))).rejects.toThrow("Could not load a model from");
  });

  it("is loaded with its model when both lie in one folder", async () => {
    await saveHalvingModel(folder, model);
    const saved = await SimilarityModel.load(folder, { encoder: model });
    const set = await ReferenceSet.from(saved, examples);
    await set.save(folder);
    const loaded = await ReferenceSet.load(folder, { encoder: model });
    expect(await loaded.classifyMany(queries)).toEqual(await set.classifyMany(queries));
  });

  it("is not overwritten in silence by a second writer", async () => {
    await (await ReferenceSet.from(model, examples)).save(folder);
    const first = await ReferenceSet.load<string>(folder, { model });
    const second = await ReferenceSet.load<string>(folder, { model });
    await first.add("red car", "red");
    await second.add("blue car", "blue");
    await first.save(folder);
    await expect(second.save(folder)).rejects.toThrow(StorageError);
    await expect(second.save(folder)).rejects.toThrow("was saved by someone else (save 2; this set knows save 1)");
    expect((await ReferenceSet.load<string>(folder, { model })).references.at(-1)!.value).toBe("red car");
    await second.save(folder, { overwrite: true });
    await second.save(folder);
    expect((await ReferenceSet.load<string>(folder, { model })).references.at(-1)!.value).toBe("blue car");
    await expect((await ReferenceSet.from(model, examples)).save(folder)).rejects.toThrow("was saved by someone else");
  });

  it("lets one of two that save at once through, and leaves no other file", async () => {
    const sets = [await ReferenceSet.from(model, examples), await ReferenceSet.from(model, examples)];
    const ends = await Promise.allSettled(sets.map((set) => set.save(folder)));
    expect(ends.map(({ status }) => status).sort()).toEqual(["fulfilled", "rejected"]);
    expect(await readdir(folder)).toEqual(["references"]);
    expect((await readdir(join(folder, "references"))).sort()).toEqual(["references.json", "starts.f32", "vectors.f32"]);
  });

  it("needs the rule that it was made with", async () => {
    const own: DecisionRule = { ...nearest(), name: "mine" };
    const set = await ReferenceSet.from(model, examples, { rule: own });
    await set.save(folder);
    await expect(ReferenceSet.load(folder, { model })).rejects.toThrow('decide by the rule "mine", which is not of this package');
    expect((await ReferenceSet.load(folder, { model, rules: [own] })).rules).toEqual(set.rules);
  });

  it("names folder and file when something is missing, changed or of another model", async () => {
    await expect(ReferenceSet.load(folder, { model })).rejects.toThrow(NotFoundError);
    await expect(ReferenceSet.load(folder, { model })).rejects.toThrow(`There are no references in ${folder}`);
    await (await ReferenceSet.from(model, examples)).save(folder);
    const other = { ...model, dim: model.dim, fingerprint: "ffffffff", encode: model.encode };
    await expect(ReferenceSet.load(folder, { model: other })).rejects.toThrow("were made with another model");
    const vectors = join(folder, "references", "vectors.f32");
    const bytes = await readFile(vectors);
    bytes[0]! ^= 1;
    await writeFile(vectors, bytes);
    await expect(ReferenceSet.load(folder, { model })).rejects.toThrow(`${vectors} is not the file that was saved`);
    await rm(vectors);
    await expect(ReferenceSet.load(folder, { model })).rejects.toThrow(`${vectors} is missing`);
    const json = join(folder, "references", "references.json");
    await writeFile(json, JSON.stringify({ format: "quaterion-references", version: 2 }));
    await expect(ReferenceSet.load(folder, { model })).rejects.toThrow("references of version 2; this release reads version 1");
    await writeFile(json, "{");
    await expect(ReferenceSet.load(folder, { model })).rejects.toThrow(IncompatibleError);
  });
});
