import { createHash } from "node:crypto";
import { existsSync, readFileSync, renameSync, rmSync } from "node:fs";
import { arch, cpus, platform } from "node:os";
import { join } from "node:path";
import type { InferenceSession } from "onnxruntime-node";
import { currentSettings } from "./configure.js";
import { loadSession, runtimeVersion, type SyncSession } from "./run-sync.js";

/**
 * Loads a model; where there is a folder for graphs, as it was optimised the first time. What ONNX Runtime makes of a graph holds for its version and
 * for the processor, so both are part of the name. A file that can't be read or written is done without.
 */
export function loadOptimized(model: Uint8Array, options: InferenceSession.SessionOptions): SyncSession {
  const { graphFolder } = currentSettings();
  // A graph that is hardly optimised is loaded as fast as it is found.
  if (graphFolder === "" || options.graphOptimizationLevel !== "all") return loadSession(model, options);
  const about = [
    runtimeVersion(),
    platform(),
    arch(),
    cpus()[0]?.model,
    options.executionProviders,
    options.intraOpNumThreads,
    options.extra,
  ];
  const digest = createHash("sha256").update(JSON.stringify(about)).update(model).digest("hex").slice(0, 32);
  const file = join(graphFolder, `${digest}.onnx`);
  try {
    if (existsSync(file)) return loadSession(readFileSync(file), { ...options, graphOptimizationLevel: "disabled" });
  } catch {
    rmSync(file, { force: true });
  }
  // A file of this process's own, named when it is whole: another process may be at the same graph.
  const unfinished = `${file}.${process.pid}`;
  try {
    const session = loadSession(model, { ...options, optimizedModelFilePath: unfinished });
    renameSync(unfinished, file);
    return session;
  } catch {
    rmSync(unfinished, { force: true });
    return loadSession(model, options);
  }
}
