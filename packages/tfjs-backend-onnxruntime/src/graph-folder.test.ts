import "./index.js";
import { mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as tf from "@tensorflow/tfjs-core";
import { afterAll, afterEach, expect, it } from "vitest";
import { configure } from "./index.js";

const folder = mkdtempSync(join(tmpdir(), "quaterion-graphs-"));
afterEach(() => configure({ graphFolder: "" }));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

// Large enough that ONNX Runtime optimises it.
const work = () => {
  const x = tf.tidy(() => tf.reshape(tf.range(0, 40_000, 1, "float32"), [200, 200]));
  const sum = tf.tidy(() => tf.sum(tf.sigmoid(tf.matMul(tf.div(x, 40_000), tf.sin(x)))).dataSync()[0]!);
  x.dispose();
  return sum;
};
const files = () => readdirSync(folder).map((name) => join(folder, name));

it("keeps graphs as they were optimised, and starts from them", async () => {
  await tf.setBackend("onnxruntime");
  const expected = work();
  configure({ graphFolder: folder });
  expect(work()).toBe(expected);
  const kept = files();
  expect(kept.every((file) => file.endsWith(".onnx"))).toBe(true);
  expect(kept.length).toBeGreaterThan(0);
  const written = kept.map((file) => statSync(file).mtimeMs);
  configure({ graphFolder: folder });
  expect(work()).toBe(expected);
  expect(files().map((file) => statSync(file).mtimeMs)).toEqual(written);
});

it("makes damaged files anew", async () => {
  await tf.setBackend("onnxruntime");
  const expected = work();
  for (const file of files()) writeFileSync(file, "not a model");
  configure({ graphFolder: folder });
  expect(work()).toBe(expected);
  expect(files().every((file) => statSync(file).size > 100)).toBe(true);
});

it("does without a folder that can't be written", async () => {
  await tf.setBackend("onnxruntime");
  const gone = mkdtempSync(join(tmpdir(), "quaterion-graphs-"));
  configure({ graphFolder: gone });
  rmSync(gone, { recursive: true });
  expect(Number.isFinite(work())).toBe(true);
});
