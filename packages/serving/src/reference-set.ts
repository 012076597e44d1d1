import {
  anything,
  boolean,
  checkOptions,
  type EmbeddingModel,
  InvalidArgumentError,
  type LabelId,
  nonEmptyString,
  nonNegativeInteger,
  positiveInteger,
  type RelationDeclarations,
  spaceOf,
  type TrainingData,
} from "@quaterion/core";
import type { Answer, Explanation } from "./answer.js";
import { chosenDeciders } from "./chosen-deciders.js";
import { classifyUnitVectors } from "./classify-vectors.js";
import type { Decider } from "./decider.js";
import { deciderOf } from "./decider-of.js";
import { encodedReferences } from "./encoded-references.js";
import { encodedUnits } from "./encoded-units.js";
import { explanation } from "./explain-vector.js";
import { calibrateDeciders, type HeldOutReport } from "./held-out-calibration.js";
import { labelIn } from "./label-in.js";
import type { ReferenceItem } from "./labeled-items.js";
import type { Reference, ReferenceChange, ReferenceList } from "./reference-list.js";
import {
  type AddOptions,
  type CalibrateOptions,
  type ClassifyOptions,
  classifyChecks,
  type ExplainOptions,
  type LoadReferencesOptions,
  type ReferenceSetOptions,
  type RuleOptions,
  ruleChecks,
} from "./reference-set-options.js";
import { type RuleReport, ruleReports } from "./rule-report.js";
import { unitRows } from "./unit-rows.js";
import { untrainedVectors } from "./untrained-vectors.js";

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
    options: ReferenceSetOptions<Value> = {},
  ): Promise<ReferenceSet<Value>> {
    checkOptions("ReferenceSet.from", options, { ...ruleChecks, vectors: anything });
    const { vectors, ...rules } = options;
    const { list, below } = await encodedReferences(model, data, { vectors, onProgress: rules.onProgress, signal: rules.signal });
    const set = new ReferenceSet(model, list, "relations" in data ? (data.relations.declarations.same ?? []) : []);
    const untrained = rules.untrained ? await untrainedVectors(rules.untrained, list.present, rules) : below;
    set.deciders = await chosenDeciders(list.present, model.dim, set.same, model.encoderTrained === true, rules, untrained);
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
    const { demandModel, readReferences } = await import("./reference-files.js");
    nonEmptyString(folder, "folder");
    if (!given) await demandModel(folder);
    const model = given ?? (await (await import("./similarity-model.js")).SimilarityModel.load<Value>(folder, modelOptions));
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
    nonEmptyString(folder, "folder");
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
    return ruleReports(this.deciders);
  }

  /** Chooses rules, temperatures and refusal thresholds anew: after many changes, or with other options. */
  async choose(options: RuleOptions<Value> = {}): Promise<void> {
    checkOptions("ReferenceSet.choose", options, ruleChecks);
    const { list, model, same } = this;
    const untrained = await untrainedVectors(options.untrained ?? model.base, list.present, options);
    this.deciders = await chosenDeciders(list.present, model.dim, same, model.encoderTrained === true, options, untrained);
  }

  /**
   * Sets temperatures and refusal thresholds by labelled inputs that neither training nor the references have seen, so that probabilities can be believed
   * and at most `refuse` (default 0.05) of known inputs are refused. Needed where the model was trained on the references: training draws them together,
   * and what they say of themselves is too sure. Fewer than 1 / `refuse` − 1 inputs of a space are too few for a promise, and nothing is refused there;
   * spaces without any stay as they were. Rules stay. `choose` and `from` find all of it anew, from the references alone.
   * @returns what was found, by space (and for all, under the key `""`)
   * @throws {InvalidDataError} when no input has a label
   */
  async calibrate(
    heldOut: TrainingData<Value> | readonly ReferenceItem<Value>[],
    options: CalibrateOptions = {},
  ): Promise<Readonly<Record<string, HeldOutReport>>> {
    return calibrateDeciders(this.deciders, this.model, heldOut, options);
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
    const answer = this.#answers(units.subarray(0, this.model.dim), detail)[0]!;
    const names = pieces.map(({ name }) => name);
    return explanation<Value>(decider, answer, units, names, shownReferences);
  }

  /**
   * Adds examples; the next answer knows them. A label that is new makes a new class.
   * @param label a label id ("banking/refund"), or a name where its space is clear
   * @returns ids of the new references
   */
  async add(values: Value | readonly Value[], label: string, options: AddOptions = {}): Promise<string[]> {
    checkOptions("add", options, { space: nonEmptyString, ids: anything, vectors: anything });
    const many = (Array.isArray(values) ? values : [values]) as readonly Value[];
    const id = labelIn(this.spaces, this.labels, label, options.space);
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

  /**
   * Gives a reference another label; one with labels of several spaces keeps those of the others. A label that is new makes a new class.
   * @throws {InvalidArgumentError} when there is no such reference, or the label is of a space in which it has none
   */
  move(id: string, label: string, options: { space?: string } = {}): void {
    const reference = this.list.get(id);
    const spaces = new Set(reference.labels.map(spaceOf));
    const own = spaces.size === 1 ? [...spaces][0] : undefined;
    const to = labelIn(this.spaces, this.labels, label, options.space ?? own);
    this.list.move(id, to);
    this.#refit([...reference.labels, to]);
  }

  /** Takes references out. @throws {InvalidArgumentError} when there is no such reference, or none would be left */
  remove(ids: string | readonly string[]): void {
    const many = typeof ids === "string" ? [ids] : ids;
    if (!Array.isArray(many)) throw new InvalidArgumentError("`ids` must be the id of a reference, or an array of them.");
    if (many.length === 0) return;
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
    return deciderOf(this.deciders, space);
  }

  /** Tells the deciders of the spaces of `labels` (all, where absent) that references changed. */
  #refit(labels?: readonly LabelId[]): void {
    const spaces = labels && new Set(labels.map(spaceOf));
    for (const decider of this.deciders) {
      if (!spaces || decider.space === undefined || spaces.has(decider.space)) decider.change(this.list.present);
    }
  }
}
