import { resolve } from "node:path";
import { openCache } from "@quaterion/cache";
import { cachedEncoder, type EmbeddingModel, type TrainingData } from "@quaterion/core";
import { auditData, collidedIds, combine, formatAudit } from "@quaterion/datasets";
import type { RuleTrials } from "@quaterion/serving";
import type { FitCallbacks, FitOptions } from "@quaterion/trainer";
import { checkEngine } from "./check-engine.js";
import { checkFiles } from "./check-files.js";
import { chooseEncoder, chooseTrainable } from "./choose-encoder.js";
import { type ModelScores, scoresOf } from "./compare.js";
import { embeddedSets, plantedNote } from "./embedded-sets.js";
import { withTellingNames } from "./label-names.js";
import { trainingLine, tryNext } from "./last-lines.js";
import type { RunOptions } from "./options.js";
import { showPromises } from "./promises.js";
import { outOfScopeTexts, readDeclarations, readSets } from "./read-sets.js";
import type { Results } from "./results.js";
import { sameNamesNote } from "./same-names.js";
import type { Screen } from "./screen.js";
import { showComparison } from "./show-comparison.js";
import { showLearningCurves } from "./show-learning-curves.js";
import { stopwatch } from "./stopwatch.js";
import { fineTuning, headTraining } from "./trainings.js";
import { unfinishedRun } from "./unfinished-run.js";

/** The main job: fine-tunes one model on several datasets whose labels do not match, and shows what that gives. Read it from top to bottom. */
export async function run(options: RunOptions, screen: Screen, signal?: AbortSignal): Promise<Results> {
  const { seed } = options;
  const { seconds, time } = stopwatch();

  // Whatever was asked for in vain is said before any work.
  await checkFiles(options);
  await checkEngine(options.engine);
  const cache = await openCache();
  try {
    // 1. The data: one label space a folder. Labels are compared within their space, and across spaces only where somebody declared it.
    const given = await time("read", () => readSets(options));
    const partsOf = (sets: typeof given, part: "train" | "test") =>
      Object.fromEntries(Object.entries(sets).map(([name, set]) => [name, set[part]]));
    const relations = await readDeclarations(options.relations, partsOf(given, "train"));
    const outOfScope = await outOfScopeTexts(options.outOfScope);
    const trainTexts = Object.values(given).flatMap(({ train }) => [...train.values]);
    const pretrained = await screen.work("loading the encoder", (onProgress) => chooseEncoder(options.encoder, trainTexts, onProgress));
    const trainable = await screen.work("loading the weights", (onProgress) => chooseTrainable(options.encoder, options.tune, onProgress));
    screen.heading("1. The data");
    screen.line(formatAudit(auditData({ train: partsOf(given, "train"), test: partsOf(given, "test") }, { relations })));
    const sameNames = sameNamesNote(combine(partsOf(given, "train"), { relations }) as TrainingData<string>);
    if (sameNames) screen.line(sameNames);
    if (options.data === embeddedSets) screen.line(plantedNote);

    // 2. The encoder is pretrained and frozen: each text is encoded once, whatever run asks, and kept in a cache.
    screen.heading("2. Encoder, cache and engine");
    const encoder = cachedEncoder(pretrained, cache);
    const texts = [...trainTexts, ...Object.values(given).flatMap(({ test }) => [...test.values])];
    await time("encode", () => screen.work("encoding texts", (onProgress) => encoder.encode(texts, { onProgress, signal })));
    const { hits, misses } = encoder.counts;
    screen.line(`Encoder: ${encoder.name}, ${encoder.dim} numbers a text.`);
    screen.line(
      `Cache: ${hits} texts found, ${misses} encoded in ${seconds.encode!.toFixed(1)} s (${(await cache.stats()).location}).${misses === 0 ? " Nothing had to be encoded: an earlier run did it." : ""}`,
    );
    const sets = options.labelNames ? await time("encode", () => withTellingNames(screen, encoder, given)) : given;
    const data = combine(partsOf(sets, "train"), { relations }) as TrainingData<string>;

    // 3. A head on top of the encoder, and with --tune the encoder itself, is trained to place samples of one label together (see trainings.ts).
    const parts = { options, pretrained, trainable, cache, signal };
    const trainings = unfinishedRun(options); // after Ctrl-C, the same command goes on
    const train = (title: string, training: FitOptions<string>, callbacks?: FitCallbacks) =>
      time("train", () => screen.work(`training ${title}`, (onProgress) => trainings.fit(title, { ...training, onProgress, callbacks })));
    const trainOn = (title: string, on: TrainingData<string>, callbacks?: FitCallbacks) => train(title, headTraining(parts, on), callbacks);
    const alone = (name: string) => combine({ [name]: sets[name]!.train }) as TrainingData<string>;
    const names = Object.keys(sets);

    const combined = await trainOn("the combined model", data, {
      onStart({ engine, engineReason }) {
        screen.line(`Engine: ${engine}; ${engineReason}`);
        screen.heading("3. Training");
      },
    });
    screen.line(`Combined model: ${trainingLine(combined.report)}.`);
    const one = names.length === 1; // its own model is the combined one, and no label collides with another set's
    const singles: Record<string, EmbeddingModel<string>> = {};
    for (const name of names) singles[name] = one ? combined.model : (await trainOn(`on ${name} alone`, alone(name))).model;
    const collided = one ? combined : await trainOn("the classic mistake", collidedIds(data) as TrainingData<string>);
    if (!one)
      screen.line(
        `For comparison: one model for each set alone, and the classic mistake (labels numbered from 0 in each set, numbers compared).`,
      );
    const tuned = trainable && (await train("the encoder", await fineTuning(parts, data)));
    if (tuned) screen.line(`Encoder: ${trainingLine(tuned.report)}.`);
    const tunedSingles: Record<string, EmbeddingModel<string>> = {};
    if (trainable)
      for (const name of names)
        tunedSingles[name] = one ? tuned!.model : (await train(`the encoder on ${name} alone`, await fineTuning(parts, alone(name)))).model;

    // 4. What decides is a set of references: the training samples, placed by the model. Each label space chooses its own decision rule.
    screen.heading("4. Accuracy on the test texts, with 95 % intervals");
    const trials: RuleTrials = new Map(); // all are tried on the untrained encoder
    const score = (title: string, model: EmbeddingModel<string>, on: TrainingData<string>): Promise<ModelScores> =>
      time("evaluate", () =>
        screen.work(`evaluating ${title}`, (onProgress) =>
          scoresOf(model, on, sets, { untrained: encoder, trials, seed, signal, onProgress }),
        ),
      );
    const scoreAlone = async (title: string, models: Record<string, EmbeddingModel<string>>) => {
      const [spaces, answers]: [ModelScores["spaces"], ModelScores["answers"]] = [{}, {}];
      for (const [name, model] of Object.entries(models)) {
        const scores = await score(`${title} ${name} alone`, model, alone(name));
        Object.assign(spaces, scores.spaces);
        Object.assign(answers, scores.answers);
      }
      return { spaces, answers, sharedIndex: undefined };
    };
    const headScores = await score("the combined model", combined.model, data);
    const single = one ? headScores : await scoreAlone("the head on", singles);
    const tunedScores = tuned && (await score("the encoder", tuned.model, data));
    const comparison = showComparison(screen, names, [
      { name: "untrained", scores: await score("the untrained encoder", encoder, data) },
      { name: "single", scores: single },
      { name: "combined", scores: headScores },
      { name: "collided", scores: one ? headScores : await score("the classic mistake", collided.model, data) },
      ...(tunedScores
        ? ([
            { name: "singleTuned", scores: one ? tunedScores : await scoreAlone("the encoder on", tunedSingles) },
            { name: "tuned", scores: tunedScores },
          ] as const)
        : []),
    ]);
    screen.line(
      "\nWould more examples help? Each set on its own, untrained encoder, asked about fifths of its training texts that were held out (compare these with each other, not with the table):",
    );
    const learningCurves = await time("evaluate", () => showLearningCurves(screen, encoder, given, seed));
    const { model, report } = tuned ?? combined;
    const { references } = tunedScores ?? headScores;

    // 5. What a classifier can't do.
    screen.heading("5. Five promises, on this model");
    const promises = await time("promises", () => showPromises({ screen, options, sets, data, outOfScope, references, trainOn }));

    // 6. The model as a folder that needs no training code to serve.
    screen.heading("6. Saved");
    const folder = resolve(options.out);
    await time("save", async () => {
      await model.save(folder);
      await references.save(folder);
      await trainings.finish();
    });
    screen.line(`The model and its references are in ${folder}`);
    screen.line(`\n${tryNext(options, Object.values(sets)[0]!.test.values[0]!)}`);

    return {
      ...comparison,
      promises,
      learningCurves,
      engine: report.engine,
      engineReason: report.engineReason,
      encoder: encoder.name,
      cache: { hits, misses },
      seconds,
      stepMs: report.stepMs,
      seed,
      model: folder,
    };
  } finally {
    await cache.close();
  }
}
