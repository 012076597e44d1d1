import "./register.js";

export { BackendError, type BackendErrorCode } from "./backend-error.js";
export { type ConfigureOptions, configure, type Device } from "./configure.js";
export { type DeviceTrial, deviceProblem } from "./device-problem.js";
export { type Jit, type JitOptions, jit } from "./jit.js";
export { type BackendInfo, backendInfo, type KernelKind, kernelTable } from "./register.js";
export { graphUses, releaseMemory } from "./release-memory.js";
export { type Traced, type TraceInput, type TraceOptions, traceToOnnx } from "./trace/trace-to-onnx.js";
