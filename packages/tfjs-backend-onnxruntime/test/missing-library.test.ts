import Module from "node:module";
import * as tf from "@tensorflow/tfjs-core";
import { expect, it } from "vitest";
import "../src/index.js";
import { quietCpu } from "./agreement.js";

it("says what to install where the native library is missing, and works once it is there", async () => {
  const loader = Module as unknown as { _load(request: string, ...rest: unknown[]): unknown };
  const load = loader._load;
  loader._load = (request, ...rest) => {
    if (request.startsWith("onnxruntime-node"))
      throw Object.assign(new Error(`Cannot find module '${request}'`), { code: "MODULE_NOT_FOUND" });
    return load.call(loader, request, ...rest);
  };
  await quietCpu();
  await tf.setBackend("onnxruntime");
  const x = tf.square(tf.tensor1d([1, 2]));
  let error: unknown;
  try {
    x.dataSync();
  } catch (thrown) {
    error = thrown;
  }
  expect(error).toMatchObject({ code: "BINDING_MISSING" });
  expect((error as Error).message).toMatch(/Cannot find module 'onnxruntime-node'.*Install onnxruntime-node 1\.30/);
  // The same values on another backend are out of reach, but the program is not: it goes on there, and here once the library is found.
  await tf.setBackend("cpu");
  expect([...tf.square(tf.tensor1d([1, 2])).dataSync()]).toEqual([1, 4]);
  loader._load = load;
  await tf.setBackend("onnxruntime");
  expect([...x.dataSync()]).toEqual([1, 4]);
});
