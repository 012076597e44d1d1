import { checkOptions, InvalidArgumentError, type LabelId, positiveInteger, shown, type TrainingData } from "@quaterion/core";
import { combine } from "./combine.js";
import { mapEntry } from "./map-entry.js";
import { type SuspectedAlias, suspectedAliases } from "./suspected-aliases.js";
import { normalizedText, type Occurrence, repeatedValues } from "./text-occurrences.js";

/** Data sets by name. */
export type NamedData = Readonly<Record<string, TrainingData<unknown>>>;

/** What an audit looks at. */
export interface AuditInput {
  train: NamedData;
  test?: NamedData;
}

export interface AuditOptions {
  /** The batch that expected false negatives are counted for; default 64 × 4. */
  labelsPerBatch?: number;
  samplesPerLabel?: number;
}

/** One label space of the training or the test data. */
export interface SpaceAudit {
  readonly set: "train" | "test";
  readonly space: string;
  readonly rows: number;
  readonly labels: number;
  readonly smallest: { readonly label: string; readonly rows: number };
  readonly largest: { readonly label: string; readonly rows: number };
  /** Labels with one example: nothing to compare it with. */
  readonly singles: readonly string[];
}

/** Texts that two labels share. */
export interface SharedTexts {
  readonly a: LabelId;
  readonly b: LabelId;
  readonly texts: number;
  readonly example: string;
}

/** Texts that are in training and in test data. */
export interface Leak {
  readonly train: string;
  readonly test: string;
  /** Test rows whose text is in that training set. */
  readonly exact: number;
  /** The same, when case, spaces and punctuation are left out of account. */
  readonly normalized: number;
  readonly example: string;
}

export interface AuditReport {
  readonly spaces: readonly SpaceAudit[];
  /** Texts that training data has under labels of two spaces. */
  readonly identical: { readonly exact: readonly SharedTexts[]; readonly normalized: readonly SharedTexts[] };
  /** Texts that training data has under two labels of one space (compared normalised). */
  readonly conflicts: readonly SharedTexts[];
  readonly leaks: readonly Leak[];
  readonly aliases: readonly SuspectedAlias[];
  /**
   * Pairs of a mixed batch whose labels are suspected aliases, Σ over aliases of P(a)·P(b)·K²: what the policy `distinct` would push apart
   * wrongly if they mean the same and nothing masked them. P(label) = labels per batch × its space's share / labels of the space, at most 1.
   */
  readonly falseNegatives: { readonly perBatch: number; readonly labelsPerBatch: number; readonly samplesPerLabel: number };
}

/**
 * Looks over data sets before they are trained on: sizes, labels with one example, texts that occur under several labels, training texts in the
 * test data. Nothing is changed or dropped. `formatAudit` makes a page of it.
 */
export function auditData(input: AuditInput, options: AuditOptions = {}): AuditReport {
  checkOptions("auditData", options, { labelsPerBatch: positiveInteger, samplesPerLabel: positiveInteger });
  if (typeof input?.train !== "object" || input.train === null)
    throw new InvalidArgumentError(`\`auditData\` expects { train: { name: data }, test: { name: data } }; received ${shown(input)}.`);
  const { labelsPerBatch = 64, samplesPerLabel = 4 } = options;
  const train = combine(input.train, { suspectIdenticalTexts: false });
  const test = input.test && Object.keys(input.test).length > 0 ? combine(input.test, { suspectIdenticalTexts: false }) : undefined;
  const aliases = suspectedAliases(train);
  const normalized = repeatedValues([train.values], normalizedText);
  return {
    spaces: [...spaceAudits("train", train), ...(test ? spaceAudits("test", test) : [])],
    identical: {
      exact: sharedTexts(train, repeatedValues([train.values], textOnly), "other"),
      normalized: sharedTexts(train, normalized, "other"),
    },
    conflicts: sharedTexts(train, normalized, "same"),
    leaks: test ? leaks(input.train, input.test!) : [],
    aliases,
    falseNegatives: { perBatch: expectedFalseNegatives(train, aliases, labelsPerBatch, samplesPerLabel), labelsPerBatch, samplesPerLabel },
  };
}

function textOnly(value: unknown): string | undefined {
  return typeof value === "string" ? value : undefined;
}

function spaceAudits(set: "train" | "test", data: TrainingData<unknown>): SpaceAudit[] {
  return data.spaces.flatMap(({ name, labels, rows }) => {
    const counts = new Uint32Array(labels.length);
    for (const c of data.classesOf(name, rows)) counts[c]!++;
    const present = labels.map((label, c) => ({ label, rows: counts[c]! })).filter((each) => each.rows > 0);
    if (present.length === 0) return [];
    const smallest = present.reduce((least, each) => (each.rows < least.rows ? each : least));
    const largest = present.reduce((most, each) => (each.rows > most.rows ? each : most));
    const singles = present.filter((each) => each.rows === 1).map((each) => each.label);
    return [{ set, space: name, rows: rows.length, labels: present.length, smallest, largest, singles }];
  });
}

/** Texts under two labels: of one space (`"same"`) or of two. A row's own labels are not compared. */
function sharedTexts(data: TrainingData<unknown>, groups: readonly Occurrence[][], spaces: "same" | "other"): SharedTexts[] {
  const found = new Map<string, { a: LabelId; b: LabelId; texts: number; example: string }>();
  for (const group of groups) {
    const rowOf = new Map<LabelId, Set<number>>();
    for (const { row } of group) for (const label of data.labelsOf(row)) mapEntry(rowOf, label, () => new Set<number>()).add(row);
    const labels = [...rowOf.keys()].sort();
    for (const [i, a] of labels.entries()) {
      for (const b of labels.slice(i + 1)) {
        const sameSpace = a.slice(0, a.indexOf("/")) === b.slice(0, b.indexOf("/"));
        if (sameSpace !== (spaces === "same")) continue;
        const [ofA, ofB] = [rowOf.get(a)!, rowOf.get(b)!];
        if (ofA.size === 1 && ofB.size === 1 && ofA.has([...ofB][0]!)) continue;
        mapEntry(found, `${a}\n${b}`, () => ({ a, b, texts: 0, example: String(data.values[group[0]!.row]) })).texts++;
      }
    }
  }
  return [...found.values()].sort((x, y) => y.texts - x.texts || (x.a < y.a ? -1 : 1));
}

function leaks(train: NamedData, test: NamedData): Leak[] {
  const names = [...Object.keys(train), ...Object.keys(test)];
  const lists = [...Object.values(train), ...Object.values(test)].map((data) => data.values);
  const trainCount = Object.keys(train).length;
  const found = new Map<string, { train: string; test: string; exact: number; normalized: number; example: string }>();
  for (const [kind, keyOf] of [
    ["exact", textOnly],
    ["normalized", normalizedText],
  ] as const) {
    for (const group of repeatedValues(lists, keyOf)) {
      const trained = new Set(group.filter(({ list }) => list < trainCount).map(({ list }) => list));
      if (trained.size === 0) continue;
      for (const { list, row } of group) {
        if (list < trainCount) continue;
        for (const t of trained) {
          const entry = { train: names[t]!, test: names[list]!, exact: 0, normalized: 0, example: String(lists[list]![row]) };
          mapEntry(found, `${t},${list}`, () => entry)[kind]++;
        }
      }
    }
  }
  return [...found.values()].sort((x, y) => y.normalized - x.normalized);
}

function expectedFalseNegatives(
  data: TrainingData<unknown>,
  aliases: readonly SuspectedAlias[],
  labelsPerBatch: number,
  samplesPerLabel: number,
): number {
  const weights = new Map(data.spaces.map((space) => [space.name, Math.sqrt(space.rows.length)]));
  const total = [...weights.values()].reduce((sum, weight) => sum + weight, 0);
  const chance = new Map(
    data.spaces.map(({ name, labels }) => [name, Math.min(1, (labelsPerBatch * weights.get(name)!) / total / Math.max(1, labels.length))]),
  );
  const of = (id: LabelId) => chance.get(id.slice(0, id.indexOf("/"))) ?? 0;
  return aliases.reduce((sum, { a, b }) => sum + of(a) * of(b) * samplesPerLabel ** 2, 0);
}
