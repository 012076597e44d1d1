import { deviceProblem } from "../src/device-problem.js";

/** Why nothing can be tried on WebGPU here; `undefined` where it can. Printed, so that a skipped test is seen. */
export const webgpuMissing = await deviceProblem("webgpu");
if (webgpuMissing !== undefined) console.warn(`Tests on WebGPU are skipped: ${webgpuMissing}`);
