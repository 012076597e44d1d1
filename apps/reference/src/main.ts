import { resolve } from "node:path";
import { openCache } from "@quaterion/cache";
import { cachedEncoder, type LabelPolicy, type OnProgress, type TrainingData } from "@quaterion/core";
import { auditData, collidedIds, combine, formatAudit } from "@quaterion/datasets";
import { linearHead } from "@quaterion/encoders/trainable";
import { supervisedContrastive } from "@quaterion/losses";
import type { FitCallbacks, FitOptions } from "@quaterion/trainer";
import { checkFiles } from "./check-files.js";
import { chooseEncoder } from "./choose-encoder.js";
import { type ModelScores, scoresOf } from "./compare.js";
import { trainingLine, tryNext } from "./last-lines.js";
import type { RunOptions } from "./options.js";
import { showPromises } from "./promises.js";
import { outOfScopeTexts, readDeclarations, readSets } from "./read-sets.js";
import type { Results } from "./results.js";
import type { Screen } from "./screen.js";
import { showComparison } from "./show-comparison.js";
import { stopwatch } from "./stopwatch.js";
import { unfinishedRun } from "./unfinished-run.js";

/** The main job: fine-tunes one model on several datasets whose labels do not match, and shows what that gives. Read it from top to bottom. */
export async function run(options: RunOptions, screen: Screen, signal?: AbortSignal): Promise<Results> {
  const { seed } = options;
  const { seconds, time } = stopwatch();

  // 1. The data: one label space a folder. Labels are compared within their space, and across spaces only where somebody declared it.
  await checkFiles(options);
  screen.heading("1. The data");
  const sets = await time("read", () => readSets(options));
  const parts = (part: "train" | "test") => Object.fromEntries(Object.entries(sets).map(([name, set]) => [name, set[part]]));
  screen.line(formatAudit(auditData({ train: parts("train"), test: parts("test") })));
  const data = combine(parts("train"), { relations: await readDeclarations(options.relations, parts("train")) }) as TrainingData<string>;
  const outOfScope = await outOfScopeTexts(options.outOfScope);

  // 2. The encoder is pretrained and frozen: each text is encoded once, whatever run asks, and kept in a cache.
  screen.heading("2. Encoder, cache and engine");
  const cache = await openCache();
  try {
    const pretrained = await screen.work("loading the encoder", (onProgress) => chooseEncoder(options.encoder, onProgress));
    const encoder = cachedEncoder(pretrained, cache);
    const texts = Object.values(sets).flatMap(({ train, test }) => [...train.values, ...test.values]);
    await time("encode", () => screen.work("encoding texts", (onProgress) => encoder.encode(texts, { onProgress, signal })));
    const { hits, misses } = encoder.counts;
    screen.line(`Encoder: ${encoder.name}, ${encoder.dim} numbers a text.`);
    screen.line(
      `Cache: ${hits} texts found, ${misses} encoded in ${seconds.encode!.toFixed(1)} s (${(await cache.stats()).location}).${misses === 0 ? " Nothing had to be encoded: an earlier run did it." : ""}`,
    );

    // 3. A small head on top of the encoder is trained to place samples of one label together. The loss sees what is known of each pair.
    const training = (on: TrainingData<string>, onProgress: OnProgress, callbacks?: FitCallbacks): FitOptions<string> => ({
      data: on,
      encoder: pretrained,
      cache,
      head: linearHead(), // starts as the identity: training begins where the encoder stands
      loss: supervisedContrastive({ temperature: 0.1 }),
      policy: options.policy as LabelPolicy, // "schedule": 3 batches of one space, then 1 of all; see --help
      steps: options.steps, // left out: about 20 times through the data
      learningRate: 3e-4, // gentle: with logistic references, higher rates win nothing
      labelsPerBatch: 64,
      samplesPerLabel: 4,
      engine: options.engine as FitOptions<string>["engine"],
      seed,
      signal,
      onProgress,
      callbacks,
    });
    const trainings = unfinishedRun(options); // after Ctrl-C, the same command goes on
    const trainOn = (title: string, on: TrainingData<string>, callbacks?: FitCallbacks) =>
      time("train", () => screen.work(`training ${title}`, (onProgress) => trainings.fit(title, training(on, onProgress, callbacks))));

    const combined = await trainOn("the combined model", data, {
      onStart({ engine, engineReason }) {
        screen.line(`Engine: ${engine}; ${engineReason}`);
        screen.heading("3. Training");
      },
    });
    screen.line(`Combined model: ${trainingLine(combined.report)}.`);
    const singles: Record<string, Awaited<ReturnType<typeof trainOn>>> = {};
    for (const name of Object.keys(sets)) singles[name] = await trainOn(`on ${name} alone`, combine({ [name]: sets[name]!.train }));
    const collided = await trainOn("the classic mistake", collidedIds(data) as TrainingData<string>);
    screen.line(
      `For comparison: one model for each set alone, and the classic mistake (labels numbered from 0 in each set, numbers compared).`,
    );

    // 4. What decides is a set of references: the training samples, placed by the model. Each label space chooses its own decision rule.
    screen.heading("4. Accuracy on the test texts, with 95 % intervals");
    const score = (title: string, model: Parameters<typeof scoresOf>[0], on: TrainingData<string>): Promise<ModelScores> =>
      time("evaluate", () => screen.work(`evaluating ${title}`, (onProgress) => scoresOf(model, on, sets, { seed, signal, onProgress })));
    const single: ModelScores["spaces"] = {};
    for (const [name, { model }] of Object.entries(singles)) {
      Object.assign(single, (await score(`${name} alone`, model, combine({ [name]: sets[name]!.train }))).spaces);
    }
    const best = await score("the combined model", combined.model, data);
    const models = {
      untrained: await score("the untrained encoder", encoder, data),
      combined: best,
      collided: await score("the classic mistake", collided.model, data),
    };
    const comparison = showComparison(screen, Object.keys(sets), models, single);

    // 5. What a classifier can't do.
    screen.heading("5. Five promises, on this model");
    const promises = await time("promises", () =>
      showPromises({ screen, options, sets, data, outOfScope, references: best.references, trainOn }),
    );

    // 6. The model as a folder that needs no training code to serve.
    screen.heading("6. Saved");
    const folder = resolve(options.out);
    await time("save", async () => {
      await combined.model.save(folder);
      await best.references.save(folder);
      await trainings.finish();
    });
    screen.line(`The model and its references are in ${folder}`);
    screen.line(`\n${tryNext(options, Object.values(sets)[0]!.test.values[0]!)}`);

    return {
      ...comparison,
      promises,
      engine: combined.report.engine,
      engineReason: combined.report.engineReason,
      encoder: encoder.name,
      cache: { hits, misses },
      seconds,
      stepMs: combined.report.stepMs,
      seed,
      model: folder,
    };
  } finally {
    await cache.close();
  }
}
