import { availableParallelism } from "node:os";
import { BackendError } from "./backend-error.js";
import { cudaInstalled, cudaMissing } from "./cuda-installed.js";

/** Where graphs run: ONNX Runtime's own kernels on the processor, its WebGPU provider, or its CUDA provider where that is installed. */
export type Device = "cpu" | "webgpu" | "cuda";

/** Options of {@link configure}. */
export interface ConfigureOptions {
  /** Threads inside one operation, 1 to the number of cores. Default: all cores. */
  threads?: number;
  /** Default: `"cpu"`. */
  device?: Device;
  /** Estimated bytes that compiled graphs may hold before the least recently used one is dropped. Default: 2 GiB. */
  sessionCacheBytes?: number;
}

/** Settings in use. */
export type Settings = Readonly<Required<ConfigureOptions>>;

const devices: readonly Device[] = ["cpu", "webgpu", "cuda"];
let settings: Settings = { threads: availableParallelism(), device: "cpu", sessionCacheBytes: 2 ** 31 };
const listeners = new Set<() => void>();

/** The settings that new graphs are compiled with. */
export function currentSettings(): Settings {
  return settings;
}

/** Calls `listener` after each change. */
export function onConfigure(listener: () => void): void {
  listeners.add(listener);
}

/**
 * Changes settings of the backend, before or after it was chosen; options left out keep their value. Graphs compiled so far are dropped.
 *
 * @throws {BackendError} `INVALID_OPTION` for an unknown option, a thread count that is no whole number from 1 to the number of cores, an unknown device, or a negative size;
 * `DEVICE_UNAVAILABLE` for `"cuda"` without ONNX Runtime's CUDA provider. Whether a device itself answers shows when the first graph is compiled; `deviceProblem` tells it before.
 */
export function configure(options: ConfigureOptions): void {
  for (const name of Object.keys(options)) {
    if (!Object.hasOwn(settings, name)) {
      throw new BackendError("INVALID_OPTION", `configure: expected options out of ${Object.keys(settings).join(", ")}, received ${name}.`);
    }
  }
  const { threads = settings.threads, device = settings.device, sessionCacheBytes = settings.sessionCacheBytes } = options;
  const cores = availableParallelism();
  if (!Number.isInteger(threads) || threads < 1 || threads > cores) {
    throw new BackendError(
      "INVALID_OPTION",
      `configure: threads must be a whole number from 1 to ${cores} (the cores of this machine), received ${threads}.`,
    );
  }
  if (!devices.includes(device))
    throw new BackendError("INVALID_OPTION", `configure: expected a device out of ${devices.join(", ")}, received ${String(device)}.`);
  if (device === "cuda" && !cudaInstalled())
    throw new BackendError("DEVICE_UNAVAILABLE", `configure: device "cuda" can't be used: ${cudaMissing}.`);
  if (!(sessionCacheBytes >= 0))
    throw new BackendError("INVALID_OPTION", `configure: sessionCacheBytes must be a number from 0, received ${sessionCacheBytes}.`);
  settings = { threads, device, sessionCacheBytes };
  for (const listener of listeners) listener();
}
