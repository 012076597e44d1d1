import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { writeTinyTransformer } from "../../../packages/encoders/test/tiny-transformer.js";
import type { Results } from "../src/results.js";
import { program } from "./program.js";
import { useSmallSets } from "./use-small-sets.js";

const sets = useSmallSets();
let encoder: string;
beforeAll(async () => {
  encoder = await writeTinyTransformer(sets.file("tiny-transformer"));
});

describe("--tune", () => {
  it.each(["all", "lora"])("%s trains the encoder on all sets and on each, compares, saves it, and answers with it", async (tune) => {
    const [model, json] = [join(sets.folder, `model-${tune}`), join(sets.folder, `${tune}.json`)];
    const settings = ["--steps", "5", "--tune-steps", "3", "--engine", "onnxruntime", "--out", model, "--json", json];
    const { err, code, out } = await program("--data", sets.bank, "--data", sets.home, "--encoder", encoder, "--tune", tune, ...settings);
    expect(err).toBe("");
    expect(code).toBe(0);
    expect(out).toMatch(/Encoder: 3 steps/);
    const { spaces, sharedIndex }: Results = JSON.parse(await readFile(json, "utf8"));
    for (const space of ["bank", "home"]) {
      for (const name of ["tuned", "singleTuned"] as const) expect(spaces[space]![name]!.accuracy).toBeGreaterThan(0);
    }
    expect(sharedIndex.tuned!.accuracy).toBeGreaterThan(0);
    // What was saved is the trained encoder: its ONNX graph has the transformer's 64 dimensions, the folder's own frozen one has 4.
    expect(JSON.parse(await readFile(join(model, "quaterion.json"), "utf8"))).toMatchObject({ dim: 64 });
    expect((await program("classify", "my card is lost", "--model", model, "--space", "bank")).code).toBe(0);
  });

  it("says which encoders it can train", async () => {
    const { err, code } = await program("--data", sets.bank, "--tune", "all");
    expect(code).toBe(1);
    expect(err).toContain("`--tune all` trains a transformer, and `--encoder default` is none");
    expect((await program("--tune", "lorra")).err).toContain('Did you mean "lora"?');
  });
});
