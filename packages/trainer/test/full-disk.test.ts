import "@quaterion/tfjs-backend-onnxruntime/gradients";
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { open, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type FitOptions, fit } from "@quaterion/trainer";
import { afterAll, afterEach, describe, expect, it } from "vitest";
import { weightsFile } from "../src/weights-file.js";
import { clusters, type Point, pointEncoder } from "./array-data.js";
import { pullAndPush } from "./losses.js";

/** A disk of 256 KiB. Mounting one takes rights that not every machine gives. */
const disk = mkdtempSync(join(tmpdir(), "quaterion-disk-"));
const mounted = process.platform === "linux" ? spawnSync("mount", ["-t", "tmpfs", "-o", "size=256k", "tmpfs", disk]) : undefined;
const refused = mounted?.status === 0 ? undefined : (mounted?.stderr ?? mounted?.error ?? "no Linux").toString().trim();
if (refused !== undefined) console.warn(`The test of a full disk is left out: a disk of 256 KiB could not be mounted here (${refused}).`);

afterEach(async () => {
  for (const name of await readdir(disk)) await rm(join(disk, name), { recursive: true });
});
afterAll(() => {
  if (refused === undefined) spawnSync("umount", [disk]);
  rmSync(disk, { recursive: true, force: true });
});

const filler = join(disk, "filler");
/** Fills the disk up but for `free` bytes. */
async function fill(free: number): Promise<void> {
  const file = await open(filler, "w");
  const block = Buffer.alloc(4096);
  let size = 0;
  try {
    for (;;) size += (await file.write(block)).bytesWritten;
  } catch (error) {
    expect((error as NodeJS.ErrnoException).code).toBe("ENOSPC");
  }
  await file.truncate(size - free);
  await file.close();
}

const base = (): FitOptions<Point> => ({
  data: clusters(1),
  encoder: pointEncoder(8),
  loss: pullAndPush,
  steps: 12,
  labelsPerBatch: 6,
  samplesPerLabel: 4,
  engine: "cpu",
});

describe.skipIf(refused !== undefined)("on a full disk", () => {
  // Nothing fits; or the weights, and not what is written after them.
  it.each([0, 4096])("(%i bytes free) the last good checkpoint stays, and a run goes on, or is gone on with", async (free) => {
    const folder = join(disk, "run");
    const told: string[] = [];
    const run = (failAt?: number): FitOptions<Point> => ({
      ...base(),
      checkpoint: { folder, everySteps: 2 },
      callbacks: {
        async onStep({ step }) {
          if (step === 3) await fill(free);
          if (step === failAt) throw new Error("the process died here");
          if (step === 7) await rm(filler);
        },
        onCheckpoint: ({ step }) => void told.push(`saved ${step}`),
        onCheckpointFailed: ({ step, error }) => void told.push(`${step} ${error.message}`),
      },
    });
    const reason = (step: number) =>
      `${step} Could not write the folder ${join(folder, `step-0000000${step}`)}: the disk is full; free some space and try again. What was there before is unchanged.`;
    await expect(fit(run(5))).rejects.toThrow("the process died here");
    expect(told).toEqual(["saved 2", reason(4)]);
    // Not even a part of the one that failed.
    expect(await readdir(folder)).toEqual(["step-00000002"]);

    told.length = 0;
    await rm(filler);
    const rest = await fit({ ...run(), resume: true });
    expect(rest.report.resumedFrom).toBe(2);
    expect(told).toEqual([reason(4), reason(6), "saved 8", "saved 10", "saved 12"]);
    expect(await readdir(folder)).toEqual(["step-00000010", "step-00000012"]);
    expect(weightsFile(rest.model.weights)).toEqual(weightsFile((await fit(base())).model.weights));
  });
});
