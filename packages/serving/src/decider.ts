import { type LabelId, type OnProgress, type RelationDeclarations, spaceOf } from "@quaterion/core";
import { probabilities } from "./calibration.js";
import { chooseRule, type RuleResult } from "./choose-rule.js";
import { neverAsked, rowsAt } from "./reference-folds.js";
import type { Reference } from "./reference-list.js";
import { refusalThreshold } from "./refusal.js";
import type { RuleTrials } from "./rule-trials.js";
import type { DecisionRule, RuleReferences, Scorer } from "./rules/decision-rule.js";
import type { Untrained } from "./untrained-vectors.js";

/** What decides among a set of labels: one label space, or all of them. */
export interface DeciderSettings {
  readonly rule: DecisionRule;
  /** Makes scores probabilities. */
  readonly temperature: number;
  /** Similarity to the nearest reference below which an input is refused; −∞: nothing is. */
  readonly threshold: number;
  /** How each rule did on held-out references; empty where none was tried. */
  readonly table: readonly RuleResult[];
}

/** How settings are found. */
export interface DeciderOptions {
  rules: readonly DecisionRule[];
  /** What rules are tried on, and temperatures found; by default the references' own vectors. */
  untrained?: Untrained | undefined;
  /** Share of known inputs that may be refused; 0: nothing is refused. */
  falseAlarms: number;
  folds?: number | undefined;
  seed: number;
  trials?: RuleTrials | undefined;
  onProgress?: OnProgress | undefined;
}

/** A class: labels that count as one answer, the first of them its name. */
export type LabelGroup = readonly LabelId[];

/** The references of a label space (or of all), as its rule sees them; fitted anew after each change, from where it was. */
export class Decider {
  /** Undefined: all spaces. */
  readonly space: string | undefined;
  readonly #same: RelationDeclarations["same"];
  #settings!: DeciderSettings;
  #view!: View;
  #scorer!: Scorer;
  /** Changed references that the rule does not know yet: fitted when somebody asks, so that many changes cost one fit. */
  #changed: readonly Reference<unknown>[] | undefined;

  constructor(space: string | undefined, same: RelationDeclarations["same"] = []) {
    this.space = space;
    this.#same = same;
  }

  get settings(): DeciderSettings {
    return this.#settings;
  }

  /** The classes, sorted. */
  get groups(): readonly LabelGroup[] {
    return this.#settled().groups;
  }

  /** Reference of each row of `entries`; one that has several labels may stand there several times. */
  get owners(): readonly Reference<unknown>[] {
    return this.#settled().owners;
  }

  get entries(): RuleReferences {
    return this.#settled().entries;
  }

  get scorer(): Scorer {
    this.#settled();
    return this.#scorer;
  }

  /** Chooses a rule, its temperature and the refusal threshold on the references. */
  prepare(
    references: readonly Reference<unknown>[],
    dim: number,
    { rules, untrained, falseAlarms, folds, seed, trials, onProgress }: DeciderOptions,
  ): void {
    const view = this.#gathered(references, dim);
    const ids = new Map<string, number>();
    for (const { id } of view.owners) if (!ids.has(id)) ids.set(id, ids.size);
    const groups = Int32Array.from(view.owners, ({ id, name }) => (name ? neverAsked : ids.get(id)!));
    const tried = untrained && { ...view.entries, vectors: rowsAt(untrained.vectors, untrained.dim, view.rows), dim: untrained.dim };
    const { rule, temperature, table, scorer } = chooseRule(view.entries, { rules, tryOn: tried, folds, seed, groups, trials, onProgress });
    // Training draws its samples together: the likeness that it gave them refuses too much, and so may the one before. The lower is the safer.
    const likeness = (entries: RuleReferences) => refusalThreshold(entries, falseAlarms, groups);
    const threshold = falseAlarms > 0 ? Math.min(likeness(view.entries), tried ? likeness(tried) : 1) : Number.NEGATIVE_INFINITY;
    this.#settings = { rule, temperature, threshold, table };
    this.#scorer = scorer;
    this.#view = view;
    this.#changed = undefined;
  }

  /** Takes settings as they are. @param start the scorer's `start` at an earlier time, by class name */
  restore(
    references: readonly Reference<unknown>[],
    dim: number,
    settings: DeciderSettings,
    start?: ReadonlyMap<LabelId, Float32Array>,
  ): void {
    this.#settings = settings;
    this.#fit(references, dim, start);
  }

  /** References changed: the next answer comes from a rule fitted to them, beginning where the last fit ended. Rule, temperature and threshold stay. */
  change(references: readonly Reference<unknown>[]): void {
    this.#changed = references;
  }

  /** Takes another temperature and threshold; the rule stays. */
  calibrate(found: Pick<DeciderSettings, "temperature" | "threshold">): void {
    this.#settings = { ...this.#settings, ...found };
  }

  /** The scorer's `start`, by class name. */
  start(): ReadonlyMap<LabelId, Float32Array> | undefined {
    const { groups, entries } = this.#settled();
    return startByName(this.#scorer, groups, entries.dim);
  }

  /** Probability of each class. @param scores one row */
  probabilities(scores: Float32Array): Float64Array {
    return probabilities(scores, this.#settings.temperature);
  }

  #settled(): View {
    if (this.#changed) {
      const { groups, entries } = this.#view;
      this.#fit(this.#changed, entries.dim, startByName(this.#scorer, groups, entries.dim));
    }
    return this.#view;
  }

  #fit(references: readonly Reference<unknown>[], dim: number, start: ReadonlyMap<LabelId, Float32Array> | undefined): void {
    const view = this.#gathered(references, dim);
    let first: Float32Array | undefined;
    if (start) {
      first = new Float32Array(view.groups.length * dim);
      for (const [c, group] of view.groups.entries()) first.set(start.get(group[0]!) ?? [], c * dim);
    }
    if (view.groups.length > 0) this.#scorer = this.#settings.rule.fit(view.entries, { start: first });
    this.#view = view;
    this.#changed = undefined;
  }

  #gathered(references: readonly Reference<unknown>[], dim: number): View {
    const own = ({ labels }: Reference<unknown>) =>
      this.space === undefined ? labels : labels.filter((label) => spaceOf(label) === this.space);
    const groups = labelGroups(new Set(references.flatMap(own)), this.#same ?? []);
    const classOf = new Map(groups.flatMap((group, c) => group.map((label) => [label, c] as const)));
    const owners: Reference<unknown>[] = [];
    const rows: number[] = [];
    const classes: number[] = [];
    for (const [row, reference] of references.entries()) {
      for (const c of new Set(own(reference).map((label) => classOf.get(label)!))) {
        owners.push(reference);
        rows.push(row);
        classes.push(c);
      }
    }
    const vectors = new Float32Array(owners.length * dim);
    for (const [row, { vector }] of owners.entries()) vectors.set(vector, row * dim);
    return { groups, owners, rows, entries: { vectors, dim, classes: Int32Array.from(classes), classCount: groups.length } };
  }
}

/** References as a decider's rule sees them. */
interface View {
  readonly groups: readonly LabelGroup[];
  readonly owners: readonly Reference<unknown>[];
  /** Place of each owner among the references. */
  readonly rows: readonly number[];
  readonly entries: RuleReferences;
}

function startByName({ start }: Scorer, groups: readonly LabelGroup[], dim: number): ReadonlyMap<LabelId, Float32Array> | undefined {
  return start && new Map(groups.map((group, c) => [group[0]!, start.subarray(c * dim, (c + 1) * dim)]));
}

/** Labels in groups that declared `same` pairs join, also through others; sorted, so that the order of references does not matter. */
export function labelGroups(labels: ReadonlySet<LabelId>, same: readonly (readonly [LabelId, LabelId])[]): LabelGroup[] {
  const parent = new Map<LabelId, LabelId>();
  const root = (label: LabelId): LabelId => {
    const up = parent.get(label);
    return up === undefined ? label : root(up);
  };
  for (const [a, b] of same) if (root(a) !== root(b)) parent.set(root(a), root(b));
  const groups = new Map<LabelId, LabelId[]>();
  for (const label of [...labels].sort()) {
    const group = groups.get(root(label));
    if (group) group.push(label);
    else groups.set(root(label), [label]);
  }
  return [...groups.values()];
}
