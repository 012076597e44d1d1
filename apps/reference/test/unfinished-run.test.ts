import { appendFile, readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { Results } from "../src/results.js";
import { program } from "./program.js";
import { useSmallSets } from "./use-small-sets.js";

const sets = useSmallSets();

const command = (out: string) => {
  const [model, json] = [join(sets.folder, out), join(sets.folder, `${out}.json`)];
  const settings = ["--encoder", "hashing", "--steps", "60", "--engine", "onnxruntime"];
  const words = ["--data", sets.bank, "--data", sets.home, ...settings, "--out", model, "--json", json];
  return { words, model, results: async () => JSON.parse(await readFile(json, "utf8")) as Results };
};

/** Runs the command and presses Ctrl-C as soon as a training listens for it; the test runner's own listeners hear nothing. */
async function interrupted({ words }: ReturnType<typeof command>) {
  const others = new Set(process.rawListeners("SIGINT"));
  const running = program(...words);
  const ended = running.then(() => true);
  const listening = () => process.rawListeners("SIGINT").filter((listener) => !others.has(listener));
  while (listening().length < 2) {
    if (await Promise.race([ended, new Promise((resolve) => setTimeout(resolve, 5))]))
      throw new Error("The run ended before training listened.");
  }
  for (const listener of listening()) listener("SIGINT"); // the app's own and the training's
  return running;
}

describe("Ctrl-C during training", () => {
  it("is gone on with by the same command, to the same results as without", async () => {
    const [straight, stopped] = [command("straight"), command("stopped")];
    expect((await program(...straight.words)).code).toBe(0);
    const { code, err, out } = await interrupted(stopped);
    expect(err).toContain("Run the same command again");
    expect(code).toBe(130);
    expect(out).not.toContain("Accuracy on the test texts");

    const again = await program(...stopped.words);
    expect(again.err).toBe("");
    expect(again.out).toMatch(/60 steps.*, \d+ of them before it was stopped/);
    expect((await stopped.results()).spaces).toEqual((await straight.results()).spaces);
    const names = await readdir(sets.folder);
    expect(names.filter((name) => name.endsWith(".unfinished"))).toEqual([]);
  }, 120_000);

  it("trains anew where the data changed meanwhile", async () => {
    const stopped = command("changed");
    expect((await interrupted(stopped)).code).toBe(130);
    await appendFile(join(sets.bank, "train.csv"), "my card went missing,lost_card\n");
    const again = await program(...stopped.words);
    expect(again.err).toBe("");
    expect(again.code).toBe(0);
    expect(again.out).not.toContain("before it was stopped");
  }, 120_000);
});
