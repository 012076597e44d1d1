import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { clusters, pointEncoder } from "../test/array-data.js";
import { pullAndPush } from "../test/losses.js";
import { fit } from "./fit.js";
import { interruption } from "./interruption.js";

const nextTurn = () => new Promise((resolve) => setTimeout(resolve, 20));

it("notices an abort at once, and Ctrl-C only where asked to", async () => {
  const stop = new AbortController();
  const deaf = interruption(stop.signal, false);
  const listeners = process.listenerCount("SIGINT");
  const listening = interruption(undefined, true);
  expect(process.listenerCount("SIGINT")).toBe(listeners + 1);
  process.kill(process.pid, "SIGINT");
  await nextTurn();
  expect([deaf.reason, listening.reason]).toEqual([undefined, "Ctrl-C was pressed"]);
  stop.abort();
  expect(deaf.reason).toBe("the signal was aborted");
  listening.release();
  expect(process.listenerCount("SIGINT")).toBe(listeners);
});

it("ends a run on Ctrl-C with a checkpoint to go on from, and stops listening", async () => {
  const folder = await mkdtemp(join(tmpdir(), "quaterion-interrupt-"));
  const listeners = process.listenerCount("SIGINT");
  const options = {
    data: clusters(1),
    encoder: pointEncoder(8),
    loss: pullAndPush,
    engine: "cpu",
    steps: 500,
    checkpoint: { folder },
  } as const;
  const callbacks = { onStep: async ({ step }: { step: number }) => void (step === 2 && process.kill(process.pid, "SIGINT")) };
  await expect(fit({ ...options, callbacks })).rejects.toThrow(
    /because Ctrl-C was pressed\. What it had learnt is in .*step-\d{8}; run it again with `resume: true`/,
  );
  expect(process.listenerCount("SIGINT")).toBe(listeners);
  await rm(folder, { recursive: true });
});
