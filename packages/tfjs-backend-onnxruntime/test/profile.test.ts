import "../src/index.js";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as tf from "@tensorflow/tfjs-core";
import { afterEach, expect, it } from "vitest";
import { configure } from "../src/index.js";

const folder = mkdtempSync(join(tmpdir(), "quaterion-profile-"));
afterEach(() => {
  configure({ profileFolder: "" });
  rmSync(folder, { recursive: true, force: true });
});

it("writes what each node took, once the graph is dropped", async () => {
  await tf.setBackend("onnxruntime");
  configure({ profileFolder: folder });
  tf.tidy(() => tf.matMul(tf.randomNormal([8, 8]), tf.randomNormal([8, 8])).dataSync());
  configure({ profileFolder: "" });
  const profiles = readdirSync(folder).map((name) => readFileSync(join(folder, name), "utf8"));
  expect(profiles.some((text) => text.includes("BatchMatMul#0"))).toBe(true);
});
