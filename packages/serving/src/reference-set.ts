import {
  AbortedError,
  anything,
  boolean,
  checkOptions,
  type EmbeddingModel,
  type FrozenEncoder,
  fraction,
  InvalidArgumentError,
  type LabelId,
  labelId,
  nameOf,
  nonEmptyString,
  nonNegativeInteger,
  type OnProgress,
  positiveInteger,
  type RelationDeclarations,
  shown,
  spaceOf,
  suggestion,
  type TrainingData,
} from "@quaterion/core";
import type { Answer, DecisivePart, Explanation } from "./answer.js";
import { defaultRules, rowsAt } from "./choose-rule.js";
import { classifyUnitVectors } from "./classify-vectors.js";
import { Decider } from "./decider.js";
import { decisiveReferences } from "./explain-vector.js";
import { labeledItems, type ReferenceItem } from "./labeled-items.js";
import { type Reference, type ReferenceChange, ReferenceList } from "./reference-list.js";
import type { DecisionRule } from "./rules/decision-rule.js";
import { unitRows } from "./unit-rows.js";

/** How a reference set finds its rules. */
export interface RuleOptions {
  /** `"auto"` (the default) tries the rules on held-out references and takes the best; or a rule. */
  rule?: "auto" | DecisionRule;
  /** Rules that `"auto"` tries; those of this package if absent. */
  rules?: readonly DecisionRule[];
  /** Share of known inputs that may be refused as unknown, 0 to 1; false: nothing is refused. Default 0.05. */
  refuse?: number | false;
  /** Parts that the references are split into to try rules. Default 5. */
  folds?: number;
  seed?: number;
  onProgress?: OnProgress;
  signal?: AbortSignal;
}

export interface ReferenceSetOptions extends RuleOptions {
  /** `[values, dim]`: embeddings of the values, where they are known already. */
  vectors?: Float32Array;
}

export interface ClassifyOptions {
  /** Answer with a label of this space; with a label of any where absent. */
  space?: string;
  /** Alternatives in the answer. Default 5. */
  alternatives?: number;
  /** Nearest references in the answer. Default 3. */
  nearest?: number;
  onProgress?: OnProgress;
  signal?: AbortSignal;
}

export interface ExplainOptions extends ClassifyOptions {
  /** References shown. Default 10. */
  references?: number;
  /** Look at the parts of the input too, at the price of an encoding for each. Default true. */
  parts?: boolean;
}

export interface LoadReferencesOptions<Value> {
  /** The model, where it is loaded already, or lies elsewhere. */
  model?: EmbeddingModel<Value>;
  /** Rules that the set uses and that are not of this package. */
  rules?: readonly DecisionRule[];
  /** For loading the model: its encoder, where it is one of your own. */
  encoder?: FrozenEncoder<Value>;
  /** For loading the model. */
  threads?: number;
}

/** How a label space is decided. */
export interface RuleReport {
  /** Name of the decision rule. */
  readonly rule: string;
  /** Makes the rule's scores probabilities. */
  readonly temperature: number;
  /** Similarity to the nearest reference below which an input is refused; −∞: nothing is. */
  readonly threshold: number;
  /** How each rule that was tried did on held-out references: share that it got right, mean log-probability of the right class. */
  readonly tried: readonly {
    readonly rule: string;
    readonly accuracy: number;
    readonly logLikelihood: number;
    readonly temperature: number;
  }[];
}

export interface AddOptions {
  /** Space of a label that is given by its name alone. */
  space?: string;
  /** Ids of the new references; made where absent. */
  ids?: readonly string[];
  /** `[values, dim]`: embeddings of the values, where they are known already. */
  vectors?: Float32Array;
}

const ruleChecks = {
  rule: ruleOrAuto,
  rules: anything,
  refuse: (value: unknown, argument: string) => (value === false ? 0 : fraction(value, argument)),
  folds: positiveInteger,
  seed: nonNegativeInteger,
  onProgress: anything,
  signal: anything,
};
const classifyChecks = {
  space: nonEmptyString,
  alternatives: nonNegativeInteger,
  nearest: nonNegativeInteger,
  onProgress: anything,
  signal: anything,
};

/**
 * Labelled examples that decide: a classifier whose classes are added, corrected and explained example by example, with no retraining.
 * Each label space has its own decision rule, and all spaces together have one, chosen on the references themselves.
 */
export class ReferenceSet<Value> {
  readonly model: EmbeddingModel<Value>;
  /** @internal */
  readonly list: ReferenceList<Value>;
  /** Declared pairs of labels that count as one answer. @internal */
  readonly same: NonNullable<RelationDeclarations["same"]>;
  /** One for each label space; where there are several, one more for all. @internal */
  deciders: Decider[] = [];
  /** What each folder held when this set was last read from it or written to it. */
  readonly #revisions = new Map<string, { readonly saved: number; readonly revision: string }>();

  /** Use {@link ReferenceSet.from} or `ReferenceSet.load`. @internal */
  constructor(model: EmbeddingModel<Value>, list: ReferenceList<Value>, same: NonNullable<RelationDeclarations["same"]>) {
    this.model = model;
    this.list = list;
    this.same = same;
  }

  /**
   * Makes a reference set: encodes the values, and chooses for each label space, and for all together, a decision rule, the temperature
   * that makes its scores probabilities, and the similarity below which an input is refused.
   * @throws {InvalidDataError} when nothing in the data has a label
   * @throws {NonFiniteError} when a vector is not finite
   */
  static async from<Value>(
    model: EmbeddingModel<Value>,
    data: TrainingData<Value> | readonly ReferenceItem<Value>[],
    options: ReferenceSetOptions = {},
  ): Promise<ReferenceSet<Value>> {
    checkOptions("ReferenceSet.from", options, { ...ruleChecks, vectors: anything });
    const { vectors, ...rules } = options;
    const { dim } = model;
    const items = labeledItems(data);
    const list = new ReferenceList<Value>();
    let units: Float32Array;
    if (vectors) {
      const rows = Array.isArray(data) ? data.length : (data as TrainingData<Value>).values.length;
      const all = unitRows(vectors, dim, "vectors", rows);
      units = rowsAt(
        all,
        dim,
        items.map(({ row }) => row),
      );
    } else {
      units = await encodedUnits(
        model,
        items.map(({ value }) => value),
        { role: "document", onProgress: rules.onProgress, signal: rules.signal },
      );
    }
    for (const [row, { value, labels, id }] of items.entries()) {
      list.put({ id: id ?? list.freshId(), value, labels, vector: units.slice(row * dim, (row + 1) * dim) });
    }
    const set = new ReferenceSet(model, list, "relations" in data ? (data.relations.declarations.same ?? []) : []);
    await set.choose(rules);
    return set;
  }

  /**
   * Reads the reference set that lies in a model's folder.
   * @param folder a model's folder; with `model`, any folder that a set was saved to
   * @throws {NotFoundError} when there is none
   * @throws {IncompatibleError} when it belongs to another model, or its files have changed
   */
  static async load<Value = string>(folder: string, options: LoadReferencesOptions<Value> = {}): Promise<ReferenceSet<Value>> {
    checkOptions("ReferenceSet.load", options, { model: anything, rules: anything, encoder: anything, threads: positiveInteger });
    const { rules = [], model: given, ...modelOptions } = options;
    // Files and sessions come in by import at the moment they are asked for: without them this file runs in a browser.
    const model = given ?? (await (await import("./similarity-model.js")).SimilarityModel.load<Value>(folder, modelOptions));
    const { readReferences } = await import("./reference-files.js");
    const { list, same, deciders, revision } = await readReferences(folder, model, rules);
    const set = new ReferenceSet(model, list, same);
    set.deciders = deciders;
    set.#revisions.set(folder, revision);
    return set;
  }

  /**
   * Writes the set into `<folder>/references/`, whole or not at all: vectors, labels, values (where JSON holds them), rules, thresholds and history.
   * @throws {StorageError} when someone else saved there since this set was loaded or saved, unless `overwrite` is true
   */
  async save(folder: string, options: { overwrite?: boolean } = {}): Promise<void> {
    checkOptions("save", options, { overwrite: boolean });
    const { writeReferences } = await import("./reference-files.js");
    this.#revisions.set(folder, await writeReferences(folder, this, this.#revisions.get(folder), options.overwrite ?? false));
  }

  /** Names of the label spaces. */
  get spaces(): readonly string[] {
    return this.deciders.flatMap(({ space }) => (space === undefined ? [] : [space]));
  }

  /** Labels that have a reference, sorted. */
  get labels(): readonly LabelId[] {
    return [...new Set(this.list.present.flatMap(({ labels }) => labels))].sort();
  }

  get references(): readonly Reference<Value>[] {
    return this.list.present;
  }

  /** Changes since the set was made, the oldest first. */
  get history(): readonly ReferenceChange[] {
    return this.list.history;
  }

  /** What decides in each space (and in all, under the key `""`). */
  get rules(): Readonly<Record<string, RuleReport>> {
    const report = ({ space, settings: { rule, temperature, threshold, table } }: Decider): [string, RuleReport] => {
      const tried = table.map((result) => ({ ...result, rule: result.rule.name }));
      return [space ?? "", { rule: rule.name, temperature, threshold, tried }];
    };
    return Object.fromEntries(this.deciders.map(report));
  }

  /** Chooses rules, temperatures and refusal thresholds anew: after many changes, or with other options. */
  async choose(options: RuleOptions = {}): Promise<void> {
    checkOptions("ReferenceSet.choose", options, ruleChecks);
    const { rule = "auto", rules = defaultRules(), refuse = 0.05, folds, seed = 1, onProgress, signal } = options;
    const deciders: Decider[] = [];
    for (const decider of this.#newDeciders()) {
      if (signal?.aborted) throw new AbortedError("Choosing decision rules was stopped; the reference set is as it was.");
      await Promise.resolve();
      const name = decider.space ?? "all spaces";
      decider.prepare(this.list.present, this.model.dim, {
        rules: rule === "auto" ? rules : [rule],
        falseAlarms: refuse === false ? 0 : refuse,
        folds,
        seed,
        onProgress: onProgress && ((progress) => onProgress({ ...progress, note: `${name}: ${progress.note}` })),
      });
      deciders.push(decider);
    }
    this.deciders = deciders;
  }

  /** The answer to one input. @throws {InvalidArgumentError} when there is no such space */
  async classify(value: Value, options: ClassifyOptions = {}): Promise<Answer> {
    return (await this.classifyMany([value], options))[0]!;
  }

  async classifyMany(values: readonly Value[], options: ClassifyOptions = {}): Promise<Answer[]> {
    checkOptions("classify", options, classifyChecks);
    const { onProgress, signal, ...detail } = options;
    this.#decider(detail.space);
    if (values.length === 0) return [];
    const units = await encodedUnits(this.model, values, { role: "query", onProgress, signal });
    return this.#answers(units, detail);
  }

  /** Answers to inputs whose embeddings are known. @param vectors `[queries, dim]` */
  classifyVectors(vectors: Float32Array, options: ClassifyOptions = {}): Answer[] {
    checkOptions("classifyVectors", options, classifyChecks);
    return this.#answers(unitRows(vectors, this.model.dim, "vectors"), options);
  }

  /**
   * Why an input gets its answer: the references that decided, with exact shares of the rule's score, and the parts of the input (words, patches)
   * whose leaving out changes the score most.
   */
  async explain(value: Value, options: ExplainOptions = {}): Promise<Explanation<Value>> {
    checkOptions("explain", options, { ...classifyChecks, references: nonNegativeInteger, parts: boolean });
    const { references: shownReferences = 10, parts: withParts = true, onProgress, signal, ...detail } = options;
    const decider = this.#decider(detail.space);
    const pieces = (withParts && this.model.parts?.(value)) || [];
    const values = [value, ...pieces.map(({ without }) => without)];
    const units = await encodedUnits(this.model, values, { role: "query", onProgress, signal });
    const { dim } = this.model;
    const query = units.subarray(0, dim);
    const answer = this.#answers(query, detail)[0]!;
    const own = decider.groups.findIndex((group) => group[0] === answer.label);
    const { references, total, unit } = decisiveReferences<Value>(decider, query, own);
    const scores = decider.scorer.scores(units);
    const classCount = decider.groups.length;
    const parts: DecisivePart[] = pieces.map(({ name }, i) => {
      const row = scores.subarray((i + 1) * classCount, (i + 2) * classCount);
      return { name, change: answer.score - row[own]!, probability: decider.probabilities(row)[own]! };
    });
    parts.sort((a, b) => Math.abs(b.change) - Math.abs(a.change));
    return { answer, total, unit, references: references.filter(({ amount }) => amount !== 0).slice(0, shownReferences), parts };
  }

  /**
   * Adds examples; the next answer knows them. A label that is new makes a new class.
   * @param label a label id ("banking/refund"), or a name where its space is clear
   * @returns ids of the new references
   */
  async add(values: Value | readonly Value[], label: string, options: AddOptions = {}): Promise<string[]> {
    checkOptions("add", options, { space: nonEmptyString, ids: anything, vectors: anything });
    const many = (Array.isArray(values) ? values : [values]) as readonly Value[];
    const id = this.#labelId(label, options.space);
    if (many.length === 0) return [];
    const { dim } = this.model;
    const units = options.vectors
      ? unitRows(options.vectors, dim, "vectors", many.length)
      : await encodedUnits(this.model, many, { role: "document" });
    const ids = many.map((_, i) => options.ids?.[i] ?? this.list.freshId());
    this.list.add(many.map((value, i) => ({ id: ids[i]!, value, labels: [id], vector: units.slice(i * dim, (i + 1) * dim) })));
    this.#refit([id]);
    return ids;
  }

  /** Gives a reference another label; one with labels of several spaces keeps those of the others. */
  move(id: string, label: string, options: { space?: string } = {}): void {
    const reference = this.list.get(id);
    const spaces = new Set(reference.labels.map(spaceOf));
    const own = spaces.size === 1 ? [...spaces][0] : undefined;
    const to = this.#labelId(label, options.space ?? own);
    this.list.move(id, to);
    this.#refit([...reference.labels, to]);
  }

  /** Takes references out. @throws {InvalidArgumentError} when there is no such reference, or none would be left */
  remove(ids: string | readonly string[]): void {
    const many = typeof ids === "string" ? [ids] : ids;
    const labels = many.flatMap((id) => this.list.get(id).labels);
    if (new Set(many).size >= this.list.present.length) {
      throw new InvalidArgumentError("The last references can't be removed: nothing would be left to decide. Add others first.");
    }
    this.list.remove(many);
    this.#refit(labels);
  }

  /** Takes the last change back. @returns it, or undefined when there is none */
  undo(): ReferenceChange | undefined {
    const change = this.list.undo();
    if (change) this.#refit();
    return change;
  }

  #answers(units: Float32Array, { space, alternatives = 5, nearest = 3 }: ClassifyOptions): Answer[] {
    return classifyUnitVectors(this.#decider(space), units, { alternatives, nearest });
  }

  #decider(space: string | undefined): Decider {
    if (space === undefined) return this.deciders.at(-1)!;
    const decider = this.deciders.find((one) => one.space === space);
    if (decider && decider.groups.length > 0) return decider;
    if (decider) throw new InvalidArgumentError(`No reference of the label space ${shown(space)} is left. Add one, or undo.`);
    throw new InvalidArgumentError(`The reference set has no label space ${shown(space)}.${suggestion(space, this.spaces)}`);
  }

  #newDeciders(): Decider[] {
    const spaces = [...new Set(this.labels.map(spaceOf))].sort();
    const deciders = spaces.map((space) => new Decider(space));
    if (spaces.length > 1) deciders.push(new Decider(undefined, this.same));
    return deciders;
  }

  /** Tells the deciders of the spaces of `labels` (all, where absent) that references changed. */
  #refit(labels?: readonly LabelId[]): void {
    const spaces = labels && new Set(labels.map(spaceOf));
    for (const decider of this.deciders) {
      if (!spaces || decider.space === undefined || spaces.has(decider.space)) decider.change(this.list.present);
    }
  }

  #labelId(label: string, space: string | undefined): LabelId {
    const text = nonEmptyString(label, "label");
    const { spaces } = this;
    if (space !== undefined && !spaces.includes(space)) {
      throw new InvalidArgumentError(`The reference set has no label space ${shown(space)}.${suggestion(space, spaces)}`);
    }
    if (text.includes("/") && spaces.includes(spaceOf(text)) && nameOf(text) !== "" && (space === undefined || space === spaceOf(text)))
      return text;
    const one = space ?? (spaces.length === 1 ? spaces[0] : undefined);
    if (one !== undefined) return labelId(one, text);
    throw new InvalidArgumentError(
      `\`label\` must name its space, as in "${spaces[0]}/${text}"; received ${shown(text)}.${suggestion(text, this.labels)}`,
    );
  }
}

/** Encodes values and brings their vectors to length 1. */
async function encodedUnits<Value>(
  model: EmbeddingModel<Value>,
  values: readonly Value[],
  options: { role: "query" | "document"; onProgress?: OnProgress; signal?: AbortSignal },
): Promise<Float32Array> {
  return unitRows(await model.encode(values, options), model.dim, "model.encode(values)", values.length);
}

function ruleOrAuto(value: unknown, argument: string): void {
  const isRule = typeof value === "object" && value !== null && "fit" in value && typeof value.fit === "function";
  if (value !== "auto" && !isRule) {
    throw new InvalidArgumentError(`\`${argument}\` must be "auto" or a decision rule, such as vote(); received ${shown(value)}.`);
  }
}
