import { existsSync } from "node:fs";
import { availableParallelism } from "node:os";
import { BackendError } from "./backend-error.js";
import { cudaInstalled, cudaMissing } from "./cuda-installed.js";

/** Where graphs run: ONNX Runtime's own kernels on the processor, its WebGPU provider, or its CUDA provider where that is installed. */
export type Device = "cpu" | "webgpu" | "cuda";

/** Options of {@link configure}. */
export interface ConfigureOptions {
  /** Threads inside one operation, 1 to the number of cores. Default: all cores. */
  threads?: number | undefined;
  /** Default: `"cpu"`. */
  device?: Device | undefined;
  /** Estimated bytes that compiled graphs may hold before the least recently used one is dropped. Default: 2 GiB. */
  sessionCacheBytes?: number | undefined;
  /** A folder that exists: graphs are kept there as ONNX Runtime optimised them, and a later process that needs the same ones starts sooner. Empty: none. Default: empty. */
  graphFolder?: string | undefined;
  /** Keep the call stack of each operation, so that an error of ONNX Runtime says where the operation was recorded. Slow: for looking for mistakes. Default: false. */
  recordStacks?: boolean | undefined;
  /** A folder that exists: each graph compiled from now on writes ONNX Runtime's own timing of its nodes there once it is dropped. Empty: none. Default: empty. */
  profileFolder?: string | undefined;
}

/** Settings in use. */
export type Settings = Readonly<Required<ConfigureOptions>>;

const devices: readonly Device[] = ["cpu", "webgpu", "cuda"];
/** Two copies of this package in one process share the backend, and so its settings. */
interface Shared {
  settings: Settings;
  readonly listeners: Set<() => void>;
}

const key = Symbol.for("@quaterion/tfjs-backend-onnxruntime/settings");
const globals = globalThis as unknown as Record<symbol, Shared | undefined>;
globals[key] ??= {
  settings: {
    threads: availableParallelism(),
    device: "cpu",
    sessionCacheBytes: 2 ** 31,
    graphFolder: "",
    recordStacks: false,
    profileFolder: "",
  },
  listeners: new Set(),
};
const shared = globals[key];

/** The settings that new graphs are compiled with. */
export function currentSettings(): Settings {
  return shared.settings;
}

/** Calls `listener` after each change. */
export function onConfigure(listener: () => void): void {
  shared.listeners.add(listener);
}

/**
 * Changes settings of the backend, before or after it was chosen; options left out keep their value. Graphs compiled so far are dropped.
 *
 * @throws {BackendError} `INVALID_OPTION` for an unknown option, a thread count that is no whole number from 1 to the number of cores, an unknown device, a negative size, a `recordStacks` that is no boolean, or a folder that does not exist;
 * `DEVICE_UNAVAILABLE` for `"cuda"` without ONNX Runtime's CUDA provider. Whether a device itself answers shows when the first graph is compiled; `deviceProblem` tells it before.
 */
export function configure(options: ConfigureOptions): void {
  const { settings } = shared;
  if (typeof options !== "object" || options === null)
    throw new BackendError("INVALID_OPTION", `configure: expected an object of options, received ${String(options)}.`);
  for (const name of Object.keys(options)) {
    if (!Object.hasOwn(settings, name)) {
      throw new BackendError("INVALID_OPTION", `configure: expected options out of ${Object.keys(settings).join(", ")}, received ${name}.`);
    }
  }
  const { threads, device, sessionCacheBytes, graphFolder, recordStacks, profileFolder } = { ...settings, ...defined(options) };
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
  if (typeof recordStacks !== "boolean")
    throw new BackendError("INVALID_OPTION", `configure: recordStacks must be true or false, received ${String(recordStacks)}.`);
  for (const [name, folder] of Object.entries({ graphFolder, profileFolder })) {
    if (typeof folder !== "string" || (folder !== "" && !existsSync(folder)))
      throw new BackendError("INVALID_OPTION", `configure: ${name} must be a folder that exists, received ${String(folder)}.`);
  }
  shared.settings = { threads, device, sessionCacheBytes, graphFolder, recordStacks, profileFolder };
  for (const listener of shared.listeners) listener();
}

/** Without the options that were given as undefined. */
function defined(options: ConfigureOptions): ConfigureOptions {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
}
