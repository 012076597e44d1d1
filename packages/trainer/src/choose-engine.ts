import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { arch, cpus, platform } from "node:os";
import { QuaterionError } from "@quaterion/core";
import { defaultFolder, writeFileAtomic } from "@quaterion/core/node";
import { type Engine, type EngineName, engineNames, startEngine, tensorFlowInstalled } from "./engine.js";

/** The engine that a run uses, and why. */
export interface EngineChoice {
  readonly engine: Engine;
  readonly reason: string;
}

/** What {@link chooseEngine} is told. */
export interface EngineWish {
  readonly wanted: EngineName | "auto";
  readonly threads?: number;
  /** Median milliseconds of a step of this run on an engine. */
  readonly time: (engine: Engine) => Promise<number>;
  /** Tells runs of another size apart in what is remembered. */
  readonly size: string;
}

/**
 * The engine asked for, or the fastest that works here. ONNX Runtime and, where they start, WebGPU, CUDA and TensorFlow are timed on this run's own
 * step; plain JavaScript is taken only where nothing else starts. A timed choice is remembered in `engines.json` in Quaterion's folder, so that
 * the next run of the same size on the same machine takes the same engine.
 */
export async function chooseEngine(wish: EngineWish): Promise<EngineChoice> {
  const { wanted, threads } = wish;
  if (wanted !== "auto") return { engine: await startEngine(wanted, threads), reason: "asked for" };
  const { engines, failures } = await startAll(threads);
  const why = failures.map(([name, message]) => `${name}: ${message}`).join("; ");
  if (engines.length === 0) {
    return { engine: await startEngine("cpu"), reason: `plain JavaScript, slow, because no other engine starts (${why})` };
  }
  if (engines.length === 1) return { engine: engines[0]!, reason: `the only fast engine that starts here${why === "" ? "" : ` (${why})`}` };
  return fastestEngine(engines, wish);
}

/**
 * The engine with the fastest step, timed now or in an earlier run of the same size on this machine.
 * @param engines two or more that started
 */
export async function fastestEngine(
  engines: readonly Engine[],
  { time, size, threads }: Omit<EngineWish, "wanted">,
): Promise<EngineChoice> {
  const names = engines.map(({ name }) => name);
  const key = [platform(), arch(), cpus()[0]?.model, cpus().length, process.version, threads ?? "", names.join("+"), size].join("|");
  const known = (await remembered())[key];
  const before = engines.find(({ name }) => name === known);
  if (before) return { engine: before, reason: `the fastest of ${names.join(", ")} in an earlier run of this size` };
  const timed: { engine: Engine; ms: number }[] = [];
  for (const engine of engines) timed.push({ engine, ms: await time(engine) });
  timed.sort((a, b) => a.ms - b.ms);
  await remember(key, timed[0]!.engine.name);
  const figures = timed.map(({ engine, ms }) => `${engine.name} ${ms.toFixed(1)} ms`).join(", ");
  return { engine: timed[0]!.engine, reason: `the fastest step: ${figures}` };
}

async function startAll(threads: number | undefined): Promise<{ engines: Engine[]; failures: [EngineName, string][] }> {
  const engines: Engine[] = [];
  const failures: [EngineName, string][] = [];
  for (const name of candidates()) {
    const problem = name === "webgpu" || name === "cuda" ? await gpuProblem(name) : undefined;
    if (problem !== undefined) {
      failures.push([name, problem]);
      continue;
    }
    try {
      engines.push(await startEngine(name, threads));
    } catch (cause) {
      if (!QuaterionError.is(cause)) throw cause;
      failures.push([name, (cause.cause as Error).message]);
    }
  }
  return { engines, failures };
}

/** Engines worth starting: WebGPU where there may be a GPU; CUDA where there is one of NVIDIA's (on Linux, the system for which it comes with ONNX Runtime); TensorFlow where it is installed, one of its two packages (they share a name in TensorFlow.js). */
function candidates(): EngineName[] {
  const tensorFlow = (["tfjs-node-gpu", "tfjs-node"] as const).find((name) => tensorFlowInstalled(name) !== undefined);
  const gpu: EngineName[] = gpuLikely() ? ["webgpu"] : [];
  if (existsSync("/dev/nvidia0")) gpu.push("cuda");
  return ["onnxruntime", ...gpu, ...(tensorFlow ? [tensorFlow] : [])];
}

/** On Linux a GPU shows as a device file; without one, WebGPU is not asked: that would take a second for nothing. */
function gpuLikely(): boolean {
  if (platform() !== "linux") return true;
  return ["/dev/dri", "/dev/nvidia0", "/dev/dxg"].some((path) => existsSync(path));
}

/** A product of two matrices of 256 × 256: every GPU takes less, a driver that computes on the processor more. Its steps, and the many seconds of their first compilation, are not worth trying. */
const longestProductMs = 50;

/** Why a GPU can't be used here. It is tried in a process of its own: drivers that are missing or broken print, or end the process. */
async function gpuProblem(device: "webgpu" | "cuda"): Promise<string | undefined> {
  const { deviceProblem } = await import("@quaterion/tfjs-backend-onnxruntime");
  return deviceProblem(device, { longestProductMs, timeoutMs: 8000 });
}

const memoryFile = () => defaultFolder("engines.json");

async function remembered(): Promise<Record<string, EngineName>> {
  try {
    const json: unknown = JSON.parse(await readFile(memoryFile(), "utf8"));
    if (typeof json !== "object" || json === null) return {};
    return Object.fromEntries(Object.entries(json).filter(([, name]) => (engineNames as readonly unknown[]).includes(name)));
  } catch {
    // No memory, or a damaged one: engines are timed again.
    return {};
  }
}

async function remember(key: string, name: EngineName): Promise<void> {
  try {
    await writeFileAtomic(memoryFile(), `${JSON.stringify({ ...(await remembered()), [key]: name }, null, 1)}\n`);
  } catch (cause) {
    // A machine without a writable home times its engines in each run.
    if (!QuaterionError.is(cause)) throw cause;
  }
}
