import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as tf from "@tensorflow/tfjs-core";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { chooseEngine, fastestEngine } from "./choose-engine.js";
import { type Engine, startEngine, tensorFlowInstalled } from "./engine.js";

let folder: string;
const home = process.env["QUATERION_HOME"];
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "quaterion-engines-"));
  process.env["QUATERION_HOME"] = folder;
});
afterEach(async () => {
  if (home === undefined) delete process.env["QUATERION_HOME"];
  else process.env["QUATERION_HOME"] = home;
  await rm(folder, { recursive: true, force: true });
});

/** Milliseconds of one product of matrices of 400 × 400. */
async function productMs(engine: Engine): Promise<number> {
  await engine.use();
  const once = async () => {
    const product = tf.tidy(() => tf.matMul(tf.ones([400, 400]), tf.ones([400, 400])));
    await product.data();
    product.dispose();
  };
  await once();
  const started = performance.now();
  await once();
  return performance.now() - started;
}

describe("the engine", () => {
  it("is the one asked for", async () => {
    const time = async () => Number.NaN;
    const { engine, reason } = await chooseEngine({ wanted: "cpu", time, size: "1" });
    expect([engine.name, reason]).toEqual(["cpu", "asked for"]);
    await engine.use();
    expect(tf.getBackend()).toBe("cpu");
  });

  it("is ONNX Runtime where nothing else that is fast starts", async () => {
    const { engine } = await chooseEngine({ wanted: "auto", threads: 1, time: async () => 1, size: "1" });
    expect([engine.name, engine.threads]).toEqual(["onnxruntime", 1]);
  });

  it("is the fastest of several, and the same the next time without timing", async () => {
    const engines = [await startEngine("cpu"), await startEngine("onnxruntime")];
    const timed: string[] = [];
    const time = async (engine: Engine) => {
      timed.push(engine.name);
      return productMs(engine);
    };
    const first = await fastestEngine(engines, { time, size: "400" });
    expect(first.engine.name).toBe("onnxruntime");
    expect(first.reason).toMatch(/^the fastest step: onnxruntime [\d.]+ ms, cpu [\d.]+ ms$/);
    const again = await fastestEngine(engines, { time, size: "400" });
    expect(again).toMatchObject({
      engine: { name: "onnxruntime" },
      reason: "the fastest of cpu, onnxruntime in an earlier run of this size",
    });
    expect(timed).toEqual(["cpu", "onnxruntime"]);
    await fastestEngine(engines, { time, size: "500" });
    expect(timed).toHaveLength(4);
    expect(Object.values(JSON.parse(await readFile(join(folder, "engines.json"), "utf8")))).toEqual(["onnxruntime", "onnxruntime"]);
  });

  it("is timed again where the memory is damaged, and chosen also where it can't be written", async () => {
    const engines = [await startEngine("cpu"), await startEngine("onnxruntime")];
    const time = async ({ name }: Engine) => (name === "cpu" ? 1 : 2);
    for (const text of ["{", "[1]", "null", '{"x": "abacus"}']) {
      await writeFile(join(folder, "engines.json"), text);
      expect((await fastestEngine(engines, { time, size: text })).engine.name).toBe("cpu");
    }
    await rm(join(folder, "engines.json"));
    await mkdir(join(folder, "engines.json", "in the way"), { recursive: true });
    expect((await fastestEngine(engines, { time, size: "x" })).engine.name).toBe("cpu");
  });

  it("that is not installed is refused with what to do", async () => {
    expect(tensorFlowInstalled("tfjs-node")).toBeUndefined();
    await expect(startEngine("tfjs-node")).rejects.toMatchObject({
      code: "NOT_FOUND",
      message: expect.stringContaining("the package @tensorflow/tfjs-node is not installed, or its native addon is not. Install it"),
    });
  });
});
