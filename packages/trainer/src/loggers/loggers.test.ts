import "@quaterion/tfjs-backend-onnxruntime/gradients";
import { appendFile, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { clusters, type Point, pointEncoder } from "../../test/array-data.js";
import { pullAndPush } from "../../test/losses.js";
import type { FitEvent } from "../events.js";
import { fit } from "../fit.js";
import type { FitOptions } from "../options.js";
import { crc32c } from "./crc32c.js";
import { csvLogger, htmlReport, jsonLinesLogger, progressLine, tensorBoardLogger } from "./index.js";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "quaterion-log-"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const base = (): FitOptions<Point> => ({
  data: clusters(1),
  encoder: pointEncoder(8),
  loss: pullAndPush,
  steps: 6,
  labelsPerBatch: 6,
  samplesPerLabel: 4,
  engine: "cpu",
  evaluateEvery: 3,
  evaluate: () => ({ "a/recall, at 1": 0.5 }),
});

/** A run that is stopped after step 4, and then goes on from the checkpoint of step 2. */
async function interrupted(logger: NonNullable<FitOptions<Point>["logger"]>) {
  const checkpoint = { folder: join(folder, "checkpoints"), everySteps: 2 };
  const onStep = ({ step }: { step: number }) => {
    if (step === 4) throw new Error("the process died here");
  };
  await expect(fit({ ...base(), logger, checkpoint, callbacks: { onStep } })).rejects.toThrow("the process died here");
  return fit({ ...base(), logger, checkpoint, resume: true });
}

describe("jsonLinesLogger", () => {
  it("writes an object a line for each event, and no step twice where a run went on", async () => {
    const path = join(folder, "deep/log.jsonl");
    const { history } = await interrupted(async (event) => {
      // A crash can leave half a line.
      if (event.kind === "start" && event.resumedFrom > 0) await appendFile(path, '{"kind":"st');
      await jsonLinesLogger(path)(event);
    });
    const lines = (await readFile(path, "utf8"))
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line));
    expect(lines.map(({ kind, step }) => `${kind} ${step ?? ""}`.trim())).toEqual([
      "start",
      "step 1",
      "step 2",
      "checkpoint 2",
      "start",
      "validation 3",
      "step 3",
      "step 4",
      "checkpoint 4",
      "step 5",
      "validation 6",
      "step 6",
      "checkpoint 6",
      "end",
    ]);
    const { time, kind, ...third } = lines[6];
    expect(third).toEqual(history[2]);
    expect(new Date(time).getTime()).toBeGreaterThan(Date.now() - 60_000);
    await fit({ ...base(), steps: 1, logger: jsonLinesLogger(path) });
    expect((await readFile(path, "utf8")).trimEnd().split("\n")).toHaveLength(4);
  });

  it("names the file that can't be written", async () => {
    await writeFile(join(folder, "file"), "");
    const run = fit({ ...base(), logger: jsonLinesLogger(join(folder, "file/log.jsonl")) });
    await expect(run).rejects.toMatchObject({ code: "STORAGE", message: expect.stringContaining("Could not write the log") });
  });
});

// Node's own recursive mkdir never comes back from there.
it.skipIf(process.platform !== "linux").each([
  ["jsonLinesLogger", jsonLinesLogger("/proc/quaterion/log.jsonl")],
  ["csvLogger", csvLogger("/proc/quaterion/log.csv")],
  ["tensorBoardLogger", tensorBoardLogger("/proc/quaterion/events")],
  ["htmlReport", htmlReport("/proc/quaterion/report.html")],
])("%s says which file a system that makes no folders can't take", async (_, logger) => {
  const run = fit({ ...base(), steps: 1, logger });
  await expect(run).rejects.toMatchObject({ code: "STORAGE", message: expect.stringContaining("Could not write the log /proc/quaterion") });
});

describe("csvLogger", () => {
  it("writes a table of all steps, with a column for each number that came", async () => {
    const path = join(folder, "log.csv");
    const { history } = await interrupted(csvLogger(path));
    const [header, ...rows] = (await readFile(path, "utf8")).trimEnd().split("\n");
    expect(header).toBe('step,loss,learningRate,gradientNorm,"a/recall, at 1"');
    expect(rows).toEqual(
      history.map(({ step, loss, learningRate, gradientNorm, metrics }) =>
        [step, loss, learningRate, gradientNorm, metrics ? 0.5 : ""].join(","),
      ),
    );
  });
});

/** A run of a loss of parts, with held-out data: what loggers are told. */
const partsAndLoss = (): FitEvent[] => [
  { kind: "start", resumedFrom: 1, history: [{ step: 1, loss: 3, learningRate: 0.1, gradientNorm: 1, parts: { pull: 2.5 } }] } as never,
  { kind: "step", step: 2, loss: 2, learningRate: 0.2, gradientNorm: 1.5, parts: { pull: 1.5 } },
  {
    kind: "step",
    step: 3,
    loss: 1,
    learningRate: 0.1,
    gradientNorm: 0.5,
    parts: { pull: 0.5 },
    validationLoss: 0.75,
    metrics: { recall: 0.25 },
  },
  { kind: "step", step: 4, loss: 0.5, learningRate: 0, gradientNorm: 0.25, parts: { pull: 0.25 } },
];

it("csvLogger has columns for a loss's parts, held-out loss and metrics, those of a run that goes on first", async () => {
  const path = join(folder, "deep/log.csv");
  const logger = csvLogger(path);
  for (const event of partsAndLoss()) {
    await logger(event);
    // The table is whole after every step.
    if (event.kind === "step" && event.step === 2)
      expect(await readFile(path, "utf8")).toBe("step,loss,learningRate,gradientNorm,parts.pull\n1,3,0.1,1,2.5\n2,2,0.2,1.5,1.5\n");
  }
  expect((await readFile(path, "utf8")).split("\n")).toEqual([
    "step,loss,learningRate,gradientNorm,parts.pull,validationLoss,recall",
    "1,3,0.1,1,2.5,,",
    "2,2,0.2,1.5,1.5,,",
    "3,1,0.1,0.5,0.5,0.75,0.25",
    "4,0.5,0,0.25,0.25,,",
    "",
  ]);
});

it("tensorBoardLogger writes a loss's parts, held-out loss and metrics under names of their own", async () => {
  const logs = join(folder, "deep/runs");
  const logger = tensorBoardLogger(logs);
  for (const event of partsAndLoss()) await logger(event);
  const [file] = await readdir(logs);
  const messages = messagesOf(await readFile(join(logs, file!)));
  expect(scalarsOf(messages.find(({ step }) => step === 3)!.fields.get(5)![0] as Uint8Array)).toEqual({
    ...{ loss: 1, learning_rate: Math.fround(0.1), gradient_norm: 0.5, "loss/pull": 0.5 },
    ...{ "validation/loss": 0.75, "validation/recall": 0.25 },
  });
});

describe("tensorBoardLogger", () => {
  it("has the checksum of the specification", () => {
    expect(crc32c(new TextEncoder().encode("123456789"))).toBe(0xe3069283);
    // RFC 3720, B.4: 32 bytes of zeros.
    expect(crc32c(new Uint8Array(32))).toBe(0x8a9136aa);
  });

  it("writes records that a reader of the format takes apart again", async () => {
    const logs = join(folder, "runs");
    const { history } = await interrupted(tensorBoardLogger(logs));
    const files = (await readdir(logs)).sort((a, b) => Number(a.split(".").at(-1)) - Number(b.split(".").at(-1)));
    expect(files).toHaveLength(2);
    for (const file of files) expect(file).toMatch(/^events\.out\.tfevents\.\d+\./);
    const [first, second] = await Promise.all(files.map(async (file) => messagesOf(await readFile(join(logs, file)))));
    expect(first!.map(({ step }) => step)).toEqual([0, 1, 2, 3, 4].slice(0, first!.length));
    expect(new TextDecoder().decode(first![0]!.fields.get(3)![0] as Uint8Array)).toBe("brain.Event:2");
    // The second file has TensorBoard forget the steps from 3 on.
    expect(second!.map(({ step }) => step)).toEqual([0, 3, 3, 4, 5, 6]);
    expect([...(second![1]!.fields.get(7)![0] as Uint8Array)]).toEqual([8, 1]);
    const scalars = scalarsOf(second![2]!.fields.get(5)![0] as Uint8Array);
    const { loss, learningRate, gradientNorm } = history[2]!;
    expect(scalars).toEqual({
      loss: Math.fround(loss),
      learning_rate: Math.fround(learningRate),
      gradient_norm: Math.fround(gradientNorm),
      "validation/a/recall, at 1": 0.5,
    });
  });
});

describe("htmlReport", () => {
  it("is one file with curves, spaces, options and environment, that asks no network", async () => {
    const path = join(folder, "report.html");
    const { history } = await interrupted(htmlReport(path));
    const html = await readFile(path, "utf8");
    expect(html).not.toMatch(/https?:|<script|<link|src=/);
    for (const title of ["Loss", "a/recall, at 1", "Learning rate", "Length of the gradient"])
      expect(html).toContain(`<figcaption>${title}</figcaption>`);
    expect(html).toContain(
      "<th>space</th><th>samples</th><th>labels</th><th>recall, at 1</th></tr><tr><td>a</td><td>36</td><td>6</td><td>0.5000</td>",
    );
    expect(html).toContain("<th>steps</th><td>6 of 6</td>");
    expect(html).toContain("<th>went on from step</th><td>2</td>");
    expect(html).toContain(`<th>last loss</th><td>${history.at(-1)!.loss.toPrecision(5)}</td>`);
    expect(html).toContain("&quot;pullAndPush&quot;");
    // The curve of the loss has a point for each step.
    expect(html.match(/<svg.*?<\/svg>/s)![0].match(/<circle/g)).toHaveLength(6);
  });
});

describe("progressLine", () => {
  const progress = (done: number) => ({ phase: "training", done, total: 1200, unit: "steps", note: "loss 0.5" });

  it("rewrites one line on a terminal, within its width, and ends it", () => {
    const texts: string[] = [];
    const line = progressLine({ isTTY: true, columns: 20, write: (text) => texts.push(text) });
    line(progress(1100));
    line(progress(1200));
    expect(texts).toEqual(["\r\x1b[2Ktraining 1,100/1,20", "\r\x1b[2Ktraining 1,200/1,20\n"]);
  });

  it("writes a line for each phase and at its end where there is no terminal", () => {
    const texts: string[] = [];
    const line = progressLine({ write: (text) => texts.push(text) });
    for (const done of [1, 2, 3, 1200]) line(progress(done));
    line({ phase: "saving", done: 1, unit: "files" });
    expect(texts).toEqual(["training 1/1,200 steps: loss 0.5\n", "training 1,200/1,200 steps: loss 0.5\n", "saving 1 files\n"]);
  });
});

type Fields = Map<number, (number | Uint8Array)[]>;

/** The messages of an event file, their checksums checked. */
function messagesOf(bytes: Buffer): { step: number; fields: Fields }[] {
  const found = [];
  const masked = (part: Uint8Array) => ((((crc32c(part) >>> 15) | (crc32c(part) << 17)) >>> 0) + 0xa282ead8) % 2 ** 32;
  for (let at = 0; at < bytes.length; ) {
    const length = Number(bytes.readBigUInt64LE(at));
    expect(bytes.readUInt32LE(at + 8)).toBe(masked(bytes.subarray(at, at + 8)));
    const message = bytes.subarray(at + 12, at + 12 + length);
    expect(bytes.readUInt32LE(at + 12 + length)).toBe(masked(message));
    const fields = fieldsOf(message);
    found.push({ step: (fields.get(2)?.[0] as number) ?? 0, fields });
    at += 16 + length;
  }
  return found;
}

function fieldsOf(bytes: Uint8Array): Fields {
  const fields: Fields = new Map();
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  let at = 0;
  const varint = () => {
    let value = 0;
    for (let shift = 1; ; shift *= 128) {
      const byte = bytes[at++]!;
      value += (byte % 128) * shift;
      if (byte < 128) return value;
    }
  };
  while (at < bytes.length) {
    const key = varint();
    let value: number | Uint8Array;
    if (key % 8 === 0) value = varint();
    else if (key % 8 !== 2) {
      value = key % 8 === 1 ? view.getFloat64(at, true) : view.getFloat32(at, true);
      at += key % 8 === 1 ? 8 : 4;
    } else {
      const length = varint();
      value = bytes.subarray(at, at + length);
      at += length;
    }
    fields.set(key >> 3, [...(fields.get(key >> 3) ?? []), value]);
  }
  return fields;
}

function scalarsOf(summary: Uint8Array): Record<string, number> {
  const values = fieldsOf(summary)
    .get(1)!
    .map((value) => fieldsOf(value as Uint8Array));
  return Object.fromEntries(
    values.map((fields) => [new TextDecoder().decode(fields.get(1)![0] as Uint8Array), fields.get(2)![0] as number]),
  );
}
