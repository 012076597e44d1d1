import { Random } from "@quaterion/core";
import { describe, expect, it } from "vitest";
import { clusters, cosine, paddedTo, row } from "../test/clusters.js";
import { type ChooseRuleOptions, chooseRule } from "./choose-rule.js";
import { neverAsked, stratifiedFolds } from "./reference-folds.js";
import type { RuleTrials } from "./rule-trials.js";
import { centroids } from "./rules/centroids.js";
import type { DecisionRule, RuleReferences } from "./rules/decision-rule.js";
import { nearest } from "./rules/nearest.js";
import { vote } from "./rules/vote.js";

describe("chooseRule", () => {
  it("leaves one out where there are as many folds as references", () => {
    const set = clusters(11, { noise: 1 });
    const { vectors, dim, classes } = set;
    let right = 0;
    for (const i of classes.keys()) {
      let best = -1;
      for (const j of classes.keys()) {
        const nearer =
          best < 0 || cosine(row(vectors, dim, i), row(vectors, dim, j)) > cosine(row(vectors, dim, i), row(vectors, dim, best));
        if (j !== i && nearer) best = j;
      }
      if (classes[best] === classes[i]) right++;
    }
    const { accuracy } = chooseRule(set, { rules: [nearest()], folds: classes.length });
    expect(accuracy).toBeCloseTo(right / classes.length, 10);
    expect(accuracy).toBeLessThan(1);
  });

  it("takes centroids where one reference says little, and tells how each rule did", () => {
    const noisy = clusters(12, { noise: 1.4, perClass: 40, dim: 12 });
    const choice = chooseRule(noisy, { rules: [nearest(), centroids()] });
    expect(choice.rule.name).toBe("centroids");
    expect(choice.table.map((result) => result.rule.name)).toEqual(["nearest", "centroids"]);
    expect(choice.table[1]!.accuracy).toBeGreaterThan(choice.table[0]!.accuracy);
    expect(choice.accuracy).toBe(choice.table[1]!.accuracy);
  });

  it("takes the nearest reference where a class lies on both sides of another", () => {
    const angles = [0, 0.05, 0.1, Math.PI / 2, Math.PI / 2 + 0.05, Math.PI / 2 + 0.1, Math.PI, Math.PI + 0.05, Math.PI + 0.1];
    const vectors = Float32Array.from(angles.flatMap((angle) => [Math.cos(angle), Math.sin(angle)]));
    const classes = Int32Array.of(0, 0, 0, 1, 1, 1, 0, 0, 0);
    expect(chooseRule({ vectors, dim: 2, classes, classCount: 2 }, { rules: [centroids(), nearest()] }).rule.name).toBe("nearest");
  });

  it("tries rules on embeddings that the references did not train, and fits the chosen one on its own", () => {
    const honest = clusters(12, { noise: 1.4, perClass: 40, dim: 12 });
    // A training that learned its samples by heart: each of a class in the same place.
    const { vectors, dim, classes, classCount } = honest;
    const flattered = { ...honest, vectors: Float32Array.from(vectors, (_, p) => Number(classes[Math.floor(p / dim)] === p % dim)) };
    const rules = [nearest(), centroids()];
    const blind = chooseRule(flattered, { rules });
    expect(blind.table.map(({ accuracy }) => accuracy)).toEqual([1, 1]);

    const choice = chooseRule(flattered, { rules, tryOn: honest });
    const alone = chooseRule(honest, { rules });
    expect(choice.rule.name).toBe("centroids");
    expect(choice.table.map(({ accuracy }) => accuracy)).toEqual(alone.table.map(({ accuracy }) => accuracy));
    expect(choice.temperature).toBe(alone.temperature);
    expect([...choice.scorer.scores(flattered.vectors.subarray(0, dim))]).toEqual([
      ...centroids()
        .fit({ ...flattered, classCount })
        .scores(flattered.vectors.subarray(0, dim)),
    ]);
    expect(() => chooseRule(honest, { tryOn: clusters(1) })).toThrow(
      /`chooseRule.tryOn` must hold the 160 references in the same order; received 32/,
    );
  });

  it("never holds out what only refers, and decides the rest by it in every fold", () => {
    // A class of one reference and its name, which lies far from it: asked alone, the name would be wrong under any rule.
    const vectors = Float32Array.of(1, 0, 0, 1, 0.8, 0.6, 0, 1, 0.1, 0.99, 0.2, 0.98);
    const set = { vectors, dim: 2, classes: Int32Array.of(0, 1, 0, 1, 1, 1), classCount: 2 };
    const groups = Int32Array.of(neverAsked, neverAsked, 2, 3, 4, 5);
    const asked: number[] = [];
    const counting: DecisionRule = {
      ...centroids(),
      fit: (references, options) => {
        const scorer = centroids().fit(references, options);
        expect(
          [...references.classes].filter((_, i) => references.vectors[i * 2] === 1 || references.vectors[i * 2 + 1] === 1).length,
        ).toBeGreaterThan(1);
        return {
          ...scorer,
          scores(queries) {
            asked.push(queries.length / 2);
            return scorer.scores(queries);
          },
        };
      },
    };
    const { table } = chooseRule(set, { rules: [counting], groups });
    expect(asked.reduce((a, b) => a + b)).toBe(4);
    expect(table[0]!.accuracy).toBe(1);
  });

  it("tries all rules on one fold before it makes the next, so that leaving one out holds one copy of the references", () => {
    const set = clusters(13, { noise: 1 });
    const seen: [string, unknown, unknown][] = [];
    const probe = (name: string): DecisionRule => ({
      name,
      needs: "all",
      fit(references, options) {
        if (options?.rough) seen.push([name, references, options.shared]);
        return nearest().fit(references);
      },
    });
    const done: number[] = [];
    const count = set.classes.length;
    const onProgress = (progress: { done: number; total?: number }) => done.push(progress.done / progress.total!);
    chooseRule(set, { rules: [probe("a"), probe("b")], folds: count, onProgress });
    expect(seen.map(([name]) => name)).toEqual(Array.from({ length: 2 * count }, (_, i) => "ab"[i % 2]));
    for (let fold = 0; fold < count; fold++) {
      const [[, first, shared], [, second, same]] = [seen[2 * fold]!, seen[2 * fold + 1]!];
      expect(second).toBe(first);
      expect(same).toBe(shared);
    }
    expect(new Set(seen.map(([, references]) => references)).size).toBe(count);
    expect(done).toEqual([...done].sort((a, b) => a - b));
    expect(done.at(-1)).toBe(1);
  });

  it("names a rule whose scores are no numbers, whatever the others give", () => {
    const set = clusters(11, { noise: 1 });
    const broken: DecisionRule = {
      name: "broken",
      needs: "all",
      fit: ({ classCount }) => ({
        scores: (queries) => new Float32Array((queries.length / set.dim) * classCount).fill(0).fill(Number.NaN, 1, 2),
        contributions: () => ({ amounts: new Float64Array(set.classes.length), total: 0, unit: "score" }),
      }),
    };
    expect(() => chooseRule(set, { rules: [nearest(), broken] })).toThrow(/Rule "broken" gives NaN/);
  });

  it("does not let a likelier rule win that is clearly less often right", () => {
    const classCount = 10;
    const classes = Int32Array.from({ length: 100 }, (_, i) => i % classCount);
    const vectors = Float32Array.from({ length: 1000 }, (_, p) => (p % classCount === Math.floor(p / classCount) % classCount ? 1 : 0));
    /** Scores of a query of class c, put together by hand. */
    const byHand = (name: string, scoresOf: (c: number) => number[]): DecisionRule => ({
      name,
      needs: "all",
      fit: () => ({
        scores: (queries) =>
          Float32Array.from(
            Array.from({ length: queries.length / classCount }, (_, q) => scoresOf(row(queries, classCount, q).indexOf(1))).flat(),
          ),
        contributions: () => ({ amounts: new Float64Array(100), total: 0, unit: "score" }),
      }),
    });
    const oneHot = (...values: [number, number][]) =>
      Array.from({ length: classCount }, (_, c) => values.find(([at]) => at === c)?.[1] ?? 0);
    const right = byHand("mostly right", (c) => oneHot([c < 8 ? c : (c + 1) % classCount, 1])); // log-likelihood about 0.8 ln 0.8 + 0.2 ln (0.2 / 9)
    const near = byHand("never right", (c) => oneHot([c, 1], [(c + 1) % classCount, 1.0001])); // about ln 0.5
    const choice = chooseRule({ vectors, dim: classCount, classes, classCount }, { rules: [near, right] });
    expect(choice.table[0]!.logLikelihood).toBeGreaterThan(choice.table[1]!.logLikelihood);
    expect(choice.rule.name).toBe("mostly right");
  });

  it("lets the last given win among rules that are as often right and as likely", () => {
    const set = clusters(16, { noise: 0.3 });
    const named = (name: string, rule = centroids()): DecisionRule => ({ ...rule, name });
    expect(chooseRule(set, { rules: [named("first"), named("second")] }).rule.name).toBe("second");
    const flat: DecisionRule = {
      ...named("flat"),
      fit: (references) => {
        const scorer = centroids().fit(references);
        // The same order, but twice as often unsure: half of the queries get all classes close together.
        return {
          ...scorer,
          scores: (queries) => scorer.scores(queries).map((score, i) => (Math.floor(i / set.classCount) % 2 ? score : score / 100)),
        };
      },
    };
    const choice = chooseRule(set, { rules: [named("sure"), flat] });
    expect(choice.table[1]!.accuracy).toBe(choice.table[0]!.accuracy);
    expect(choice.rule.name).toBe("sure");
  });

  it("gives the same choice for the same seed", () => {
    const set = clusters(13, { noise: 1 });
    const once = chooseRule(set, { seed: 5 });
    const again = chooseRule(set, { seed: 5 });
    expect(again.table.map(({ accuracy, logLikelihood }) => [accuracy, logLikelihood])).toEqual(
      once.table.map(({ accuracy, logLikelihood }) => [accuracy, logLikelihood]),
    );
  });

  it("takes a rule of one's own", () => {
    const own: DecisionRule = { ...nearest(), name: "mine" };
    expect(chooseRule(clusters(1), { rules: [own] }).rule).toBe(own);
  });

  it("still answers where no class has a second reference", () => {
    const single = { vectors: Float32Array.of(1, 0, 0, 1), dim: 2, classes: Int32Array.of(0, 1), classCount: 2 };
    const { accuracy, scorer } = chooseRule(single);
    expect(accuracy).toBeNaN();
    const [first, second] = scorer.scores(Float32Array.of(1, 0));
    expect(first).toBeGreaterThan(second!);
  });

  it("looks at `limit` references, and fits all", () => {
    const set = clusters(14, { perClass: 30 });
    let largest = 0;
    let last = 0;
    const own: DecisionRule = {
      ...nearest(),
      fit(references, options) {
        last = references.classes.length;
        if (options?.rough) largest = Math.max(largest, last);
        return nearest().fit(references, options);
      },
    };
    chooseRule(set, { rules: [own], limit: 40 });
    expect(largest).toBe(32); // four fifths of 40
    expect(last).toBe(120);
  });

  it("tries no further fold once enough references were held out, and counts only these", () => {
    const set = clusters(15, { perClass: 30, noise: 1.5 });
    const fits: number[] = [];
    const own: DecisionRule = {
      ...centroids(),
      fit(references, options) {
        if (options?.rough) fits.push(references.classes.length);
        return centroids().fit(references, options);
      },
    };
    const { accuracy } = chooseRule(set, { rules: [own], heldOut: 30 });
    expect(fits).toEqual([96, 96]); // parts of 24: two hold 30 or more
    expect((accuracy * 48) % 1).toBeCloseTo(0, 10);
    fits.length = 0;
    expect(chooseRule(set, { rules: [own] }).accuracy).not.toBe(accuracy);
    expect(fits).toHaveLength(5);
  });

  it("names what it can't use", () => {
    expect(() => chooseRule(clusters(1), { rules: [] })).toThrow("`chooseRule.rules` must hold a rule or more");
    expect(() => chooseRule(clusters(1), { fold: 3 } as object)).toThrow('Did you mean "folds"?');
  });

  it("finds the same of vectors in more dimensions than there are references", () => {
    const set = clusters(18, { noise: 1, perClass: 20 });
    const [plain, wide] = [chooseRule(set), chooseRule(paddedTo(100, set))];
    expect(wide.rule.name).toBe(plain.rule.name);
    for (const [r, result] of plain.table.entries()) {
      if (result.rule.name === "shrunkCentroids") continue; // what it shrinks towards knows of every dimension
      expect(wide.table[r]!.accuracy, result.rule.name).toBeCloseTo(result.accuracy, 10);
      expect(wide.table[r]!.logLikelihood, result.rule.name).toBeCloseTo(result.logLikelihood, 3);
    }
  });

  it("tries no rule twice on the same embeddings, where trials are kept", () => {
    const set = clusters(19, { noise: 1, perClass: 12 });
    const trained = clusters(20, { noise: 0.2, perClass: 12 });
    const trials: RuleTrials = new Map();
    const told: string[] = [];
    const choose = (references: RuleReferences, options: ChooseRuleOptions = {}) => {
      told.length = 0;
      const { rule, temperature, table, scorer } = chooseRule(references, {
        trials,
        onProgress: ({ note }) => told.push(note!),
        ...options,
      });
      const seen = table.map((result) => ({ ...result, rule: result.rule.name }));
      return { rule: rule.name, temperature, table: seen, answers: scorer.scores(references.vectors) };
    };
    const first = choose(set);
    expect(told.length).toBeGreaterThan(6);
    expect(choose(set)).toEqual(first);
    expect(told).toEqual([first.rule]); // what was chosen, and no trial
    // Another model's embeddings, tried on the same: the rule is theirs that was found, fitted to its own.
    const other = choose(trained, { tryOn: set });
    expect(told).toHaveLength(1);
    expect(other).toMatchObject({ rule: first.rule, temperature: first.temperature, table: first.table });
    expect(other.answers).not.toEqual(first.answers);
    // Anything else is tried.
    const changes: [RuleReferences, ChooseRuleOptions?][] = [
      [{ ...set, vectors: set.vectors.map((number, i) => (i === 7 ? number + 1e-6 : number)) }],
      [{ ...set, classes: set.classes.map((c, i) => (i === 3 ? (c + 1) % 4 : c)) }],
      [set, { seed: 2 }],
      [set, { folds: 3 }],
      [set, { rules: [vote({ temperature: 0.5 })] }],
    ];
    for (const [references, options] of changes) {
      expect(choose(references, options)).toEqual(choose(references, { ...options, trials: new Map() }));
      const kept = trials.size;
      choose(references, options);
      expect(trials.size).toBe(kept);
    }
    expect(trials.size).toBe(4 * 6 + 6 + 1);
    // Rules of one name are two rules in one choice.
    const twins = [centroids(), { ...nearest(), name: "centroids", options: {} }];
    const { table } = chooseRule(set, { rules: twins, trials: new Map() });
    expect(table[0]!.accuracy).not.toBe(table[1]!.accuracy);
  });
});

describe("stratifiedFolds", () => {
  it("spreads each class evenly and keeps groups together", () => {
    const { classes, classCount } = clusters(1, { perClass: 10 });
    const parts = stratifiedFolds(classes, 5, new Random(1));
    for (let c = 0; c < classCount; c++) {
      for (let part = 0; part < 5; part++) {
        expect([...classes.keys()].filter((i) => classes[i] === c && parts[i] === part)).toHaveLength(2);
      }
    }
    const groups = Int32Array.from(classes, (_, i) => i >> 1);
    const together = stratifiedFolds(classes, 5, new Random(1), groups);
    for (let i = 0; i < classes.length; i += 2) expect(together[i]).toBe(together[i + 1]);
  });
});
