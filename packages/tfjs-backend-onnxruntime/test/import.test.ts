import { createRequire } from "node:module";
import * as tf from "@tensorflow/tfjs-core";
import { expect, it, vi } from "vitest";
import { quietCpu } from "./agreement.js";

const require = createRequire(import.meta.url);
const isLibraryLoaded = () =>
  Object.keys(require.cache).some((file) => /onnxruntime_binding\.node$|onnxruntime-node.dist.binding\.js$/.test(file));

it("importing the package changes nothing until it is chosen, and loads no native library", async () => {
  await import("../src/index.js");
  await tf.ready();
  expect(tf.getBackend()).toBe("cpu");
  await quietCpu();
  expect([...tf.square(tf.tensor1d([3])).dataSync()]).toEqual([9]);
  expect(isLibraryLoaded()).toBe(false);
  await tf.setBackend("onnxruntime");
  expect([...tf.square(tf.tensor1d([3])).dataSync()]).toEqual([9]);
  expect(isLibraryLoaded()).toBe(true);
});

it("a second copy of the package takes part in the first one's backend", async () => {
  const first = await import("../src/index.js");
  const kernels = tf.getKernelsForBackend("onnxruntime");
  vi.resetModules();
  const second = await import("../src/index.js");
  expect(second.configure).not.toBe(first.configure);
  expect(tf.getKernelsForBackend("onnxruntime")).toEqual(kernels);
  expect([...second.kernelTable()]).toEqual([...first.kernelTable()]);
  await tf.setBackend("onnxruntime");
  const before = first.backendInfo().runs;
  tf.exp(tf.tensor1d([0, 1])).dataSync();
  expect(second.backendInfo().runs).toBe(before + 1);
  second.configure({ threads: 1 });
  expect(first.backendInfo()).toMatchObject({ threads: 1, sessions: 0 });
});
