import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PeerProcess } from "../peer-process.js";
import { printProfile } from "../profile-tables.js";
import { writeArrays } from "./arrays.js";
import type { Case } from "./cases.js";

/** Prints where the time of a case's step goes. */
export async function profileCase(one: Case, worker: string): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "quaterion-profile-"));
  try {
    writeArrays(folder, one);
    const peer = new PeerProcess(process.execPath, [worker, "onnxruntime", folder], { QUATERION_PROFILE: folder });
    const steps = 20;
    await peer.ask({ command: "prepare", case: one.name });
    const { times } = await peer.ask<{ times: number[] }>({ command: "steps", count: steps });
    await peer.ask({ command: "profile" });
    peer.end();
    printProfile(`(${one.name}) ${one.title}`, folder, steps + 3, times.reduce((a, b) => a + b, 0) / times.length);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
