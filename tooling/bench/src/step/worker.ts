// One engine of TensorFlow.js in a process of its own: reads a line of JSON, works, answers with a line of JSON.
import { createRequire } from "node:module";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import "@quaterion/tfjs-backend-onnxruntime/gradients";
import { adam, adamW } from "@quaterion/trainer";
import * as tf from "@tensorflow/tfjs-core";
import { answerRequests } from "../answer-requests.js";
import { readArrays } from "./arrays.js";
import { caseNamed } from "./cases.js";
import { jsStepper } from "./js-stepper.js";
import { productRun } from "./product-run.js";

const [engine, folder] = process.argv.slice(2) as [string, string];

async function useEngine(): Promise<void> {
  if (engine === "onnxruntime") {
    const { backendInfo, configure, jit } = await import("@quaterion/tfjs-backend-onnxruntime");
    runMs = () => backendInfo().runMs;
    compileMs = () => backendInfo().compileMs;
    compile = jit;
    configure({
      threads: availableParallelism(),
      profileFolder: process.env["QUATERION_PROFILE"] ?? "",
      graphFolder: process.env["QUATERION_GRAPHS"] ?? "",
    });
  } else if (engine === "cpu") {
    await import("@tensorflow/tfjs-backend-cpu");
  } else if (engine === "wasm") {
    // It finds its binary by itself, and has no threads on Node.
    require("@tensorflow/tfjs-backend-wasm");
  } else {
    // Its native library is downloaded at install, so it lies wherever the user has it.
    createRequire(join(process.env["TFJS_NODE"] ?? process.cwd(), "package.json"))("@tensorflow/tfjs-node");
  }
  await tf.setBackend(engine === "tfjs-node" ? "tensorflow" : engine);
  await tf.ready();
}

/** Milliseconds that our backend's native library has worked so far. */
let runMs = () => 0;
/** Milliseconds that it compiled. */
let compileMs: () => number | undefined = () => undefined;
let compile: Parameters<typeof jsStepper>[3] = (fn) => fn;
const optimizers = { adam: () => adam(), adamW: () => adamW(), none: () => undefined };
let stepper: ReturnType<typeof jsStepper> | undefined;
let products: ReturnType<typeof productRun> | undefined;

/** What a line may ask for. */
const commands: Record<string, (request: { case: string; count: number }) => unknown> = {
  async prepare({ case: name }) {
    const one = caseNamed(name)!;
    const start = performance.now();
    stepper?.dispose();
    stepper = jsStepper(one, readArrays(folder, one), optimizers[one.optimizer](), compile, engine === "onnxruntime");
    const losses = [await stepper.step()];
    const firstMs = performance.now() - start;
    for (let i = 0; i < 2; i++) losses.push(await stepper.step());
    return { losses, firstMs, compileMs: compileMs() };
  },
  async steps({ count }) {
    const times: number[] = [];
    const recordMs: number[] = [];
    for (let i = 0; i < count; i++) {
      const start = performance.now();
      const before = runMs();
      await stepper!.step();
      times.push(performance.now() - start);
      recordMs.push(performance.now() - start - (runMs() - before));
    }
    return { times, peakMiB: process.resourceUsage().maxRSS / 1024, ...(engine === "onnxruntime" && { recordMs }) };
  },
  async profile() {
    stepper!.dispose();
    const { configure } = await import("@quaterion/tfjs-backend-onnxruntime");
    configure({ profileFolder: "" });
    return {};
  },
  async products({ case: name, count }) {
    products ??= productRun(caseNamed(name)!);
    return { times: products.times(count) };
  },
};

void answerRequests(commands, useEngine);
