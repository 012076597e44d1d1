import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, it, vi } from "vitest";
import { tinyFiles } from "../../../packages/encoders/test/tiny-text-model.js";
import { type TinyHub, tinyHub } from "./tiny-hub.js";

const here = dirname(fileURLToPath(import.meta.url));
const rootReadme = join(here, "..", "..", "..", "README.md");
let server: TinyHub;
let folder: string;
let page: string;
const before = process.cwd();

beforeAll(async () => {
  server = await tinyHub("Xenova/all-MiniLM-L6-v2", tinyFiles());
  folder = await mkdtemp(join(tmpdir(), "quaterion-page-"));
  // Beside this test, so that the page finds the packages by name.
  page = await mkdtemp(join(here, ".page-"));
  vi.stubEnv("HF_ENDPOINT", server.address);
  vi.stubEnv("HF_HUB_OFFLINE", "");
  vi.stubEnv("HF_HOME", join(folder, "hub"));
  vi.stubEnv("HF_HUB_CACHE", join(folder, "hub"));
  vi.stubEnv("QUATERION_HOME", join(folder, "home"));
  const sets = {
    banking77:
      "text,label\nmy card is lost,lost\ncard lost,lost\nlost my cards,lost\nwhat rate,rate\nwhat is my rate,rate\nhello what rate is my card,rate\n",
    hwu64:
      "text,label\nhello,greeting\nhello hello,greeting\nhello my card,greeting\nwhat is lost,question\nwhat card,question\nwhat is my card,question\n",
  };
  for (const [name, text] of Object.entries(sets)) {
    await mkdir(join(folder, name));
    await writeFile(join(folder, name, "train.csv"), text);
  }
  process.chdir(folder);
});
afterAll(async () => {
  process.chdir(before);
  vi.unstubAllEnvs();
  server.close();
  await rm(page, { recursive: true, force: true });
  await rm(folder, { recursive: true, force: true });
});

it("the page of the README runs as it is written, from CSV files and the hub to an answer and a saved model", async () => {
  const example = /^```ts\n([\s\S]*?)^```/m.exec(await readFile(rootReadme, "utf8"))![1]!;
  await writeFile(join(page, "page.ts"), example);
  const printed: unknown[] = [];
  const log = vi.spyOn(console, "log").mockImplementation((value) => void printed.push(value));
  try {
    await import(join(page, "page.ts"));
  } finally {
    log.mockRestore();
  }
  expect(printed).toHaveLength(1);
  expect(printed[0]).toMatchObject({ label: expect.stringMatching(/^(banking|assistant)\/(lost|rate|greeting|question)$/) });
  expect(await readdir(join(folder, "intents"))).toEqual(
    expect.arrayContaining(["quaterion.json", "head.onnx", "head.safetensors", "encoder"]),
  );
}, 180_000);
