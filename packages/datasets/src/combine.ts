import {
  anything,
  type BatchShares,
  boolean,
  checkOptions,
  InvalidArgumentError,
  type LabelId,
  type RelationDeclarations,
  type RowPair,
  type Sampling,
  shown,
  type TrainingData,
} from "@quaterion/core";
import { type AlignmentFile, acceptedRelations } from "./alignment/alignment-file.js";
import { declarationEntries, type RelationSpace } from "./relations.js";
import { type CombinedShares, checkPartNames, combinedSharesCheck, numberOf, numbersCheck, partShares } from "./shares.js";
import { checkSpaceName } from "./space-names.js";
import { identicalTexts } from "./suspected-aliases.js";
import { compactPartsOf, trainingData } from "./training-data.js";

export interface CombineOptions {
  /** What is known about labels of different parts, by their ids in the combined data: `"banking/card_arrival"`. An {@link AlignmentFile} will do. */
  relations?: RelationDeclarations | undefined;
  /** Whether labels of two parts that share a text are marked as `suspected`, unless declared otherwise. Default true. */
  suspectIdenticalTexts?: boolean | undefined;
  /**
   * How batches are shared among the parts: a rule on their rows, or numbers for the parts, `{ parts: { banking: 3, assistant: 1 } }` (a part
   * that is not named gets 1; within a part, the square root of rows counts). Default `"squareRoot"`. What a part itself says of it is not kept.
   */
  shares?: CombinedShares | undefined;
  /** How much a sample of a part counts in the loss, `{ banking: 2 }`: one of weight 2 counts as two. Default 1 for each. */
  weights?: Readonly<Record<string, number>> | undefined;
}

/** Values of any of the parts. */
export type CombinedValue<Parts extends Readonly<Record<string, TrainingData<unknown>>>> = Parts[keyof Parts]["values"][number];

/**
 * One data set from several whose labels were never meant to go together. Labels get their part's name: `banking/card_arrival`, or
 * `hwu.intent/alarm_set` where a part has several label spaces. Rows follow each other in the order of the parts. Nothing is compared
 * across parts but what `relations` declares; its declarations are closed transitively, and those of the parts are kept.
 * @throws {InvalidArgumentError} when a name has a "/", or a declaration names an unknown label
 * @throws {ContradictionError} when declarations contradict each other; the message has the chain
 */
export function combine<const Parts extends Readonly<Record<string, TrainingData<unknown>>>>(
  parts: Parts,
  options: CombineOptions = {},
): TrainingData<CombinedValue<Parts>> {
  checkOptions("combine", options, {
    relations: anything,
    suspectIdenticalTexts: boolean,
    shares: combinedSharesCheck,
    weights: numbersCheck,
  });
  const relations = isAlignmentFile(options.relations) ? acceptedRelations(options.relations) : options.relations;
  checkOptions("combine.relations", relations, { same: anything, narrower: anything, disjoint: anything, suspected: anything });
  if (typeof parts !== "object" || parts === null || Array.isArray(parts) || Object.keys(parts).length === 0)
    throw new InvalidArgumentError(
      `\`parts\` must be an object of data sets by name, { banking: …, assistant: … }; received ${shown(parts)}.`,
    );
  const entries = Object.entries(parts);
  for (const [name, part] of entries) checkPart(name, part);
  const rows = entries.reduce((sum, [, part]) => sum + part.values.length, 0);
  const values: unknown[] = [];
  const spaces: RelationSpace[] = [];
  const pairs: RowPair[] = [];
  const partOfSpace: string[] = [];
  const sourcesOf = new Map<string, string[]>();
  const weights = new Float32Array(rows).fill(1);
  const neighbors: Record<LabelId, LabelId[]> = {};
  let together = 0;
  const nameRows: number[] = [];
  for (const numbers of [options.weights, partShares(options.shares)]) checkPartNames(numbers, entries);
  let pairClasses: readonly string[] = [];
  const declarations = { same: [], narrower: [], disjoint: [], suspected: [] } as Record<keyof RelationDeclarations, [LabelId, LabelId][]>;
  for (const [name, part] of entries) {
    checkSpaceName(name, "parts");
    const offset = values.length;
    const own = compactPartsOf(part);
    const renamed = new Map(own.spaces.map((space) => [space.name, own.spaces.length === 1 ? name : `${name}.${space.name}`]));
    for (const space of own.spaces) {
      const spaceName = renamed.get(space.name)!;
      if (spaces.some((other) => other.name === spaceName))
        throw new InvalidArgumentError(`\`parts\` gives two label spaces the name ${shown(spaceName)}: rename the part ${shown(name)}.`);
      spaces.push({ name: spaceName, labels: space.labels, classes: space.classes, first: offset + (space.first ?? 0) });
      partOfSpace.push(name);
    }
    const sources = new Set(own.spaces.map((space) => renamed.get(space.name)!));
    const rename = (id: LabelId) => {
      const slash = id.indexOf("/");
      return `${renamed.get(id.slice(0, slash)) ?? id.slice(0, slash)}${id.slice(slash)}`;
    };
    for (const [kind, list] of declarationEntries(own.declarations))
      for (const [a, b] of list) declarations[kind].push([rename(a), rename(b)]);
    for (const pair of own.pairs) {
      const group = pair.group === undefined ? name : `${name}.${pair.group}`;
      sources.add(group);
      pairs.push({ ...pair, a: pair.a + offset, b: pair.b + offset, group });
    }
    if (own.pairClasses.length > 0 && pairClasses.length > 0 && own.pairClasses.join("\n") !== pairClasses.join("\n"))
      throw new InvalidArgumentError(
        `\`parts\` has pairs of other classes in ${shown(name)}: ${own.pairClasses.join(", ")}; before it: ${pairClasses.join(", ")}. Give both the same \`classes\`.`,
      );
    if (own.pairClasses.length > 0) pairClasses = own.pairClasses;
    for (const [row, weight] of (own.weights ?? []).entries()) weights[offset + row] = weight;
    for (const row of own.nameRows ?? []) nameRows.push(offset + row);
    const factor = numberOf(options.weights, name);
    for (let row = offset; row < offset + part.values.length; row++) weights[row]! *= factor;
    for (const [label, near] of Object.entries(own.sampling.neighbors?.of ?? {})) neighbors[rename(label)] = near.map(rename);
    together = Math.max(together, own.sampling.neighbors?.together ?? 0);
    sourcesOf.set(name, [...sources]);
    for (const value of part.values) values.push(value);
  }
  for (const [kind, list] of Object.entries(relations ?? {}) as [keyof RelationDeclarations, [LabelId, LabelId][] | undefined][]) {
    if (list !== undefined && !Array.isArray(list))
      throw new InvalidArgumentError(`\`combine.relations.${kind}\` must be an array of pairs of label ids; received ${shown(list)}.`);
    declarations[kind].push(...(list ?? []));
  }
  const given = partShares(options.shares);
  const sampling: Sampling = {
    ...(options.shares !== undefined && given === undefined ? { shares: options.shares as BatchShares } : {}),
    ...(given && {
      parts: Object.fromEntries(entries.map(([name]) => [name, { share: numberOf(given, name), of: sourcesOf.get(name)! }])),
    }),
    ...(together > 0 && { neighbors: { together, of: neighbors } }),
  };
  const combined = {
    values: values as CombinedValue<Parts>[],
    spaces,
    pairs,
    pairClasses,
    weights,
    nameRows: Uint32Array.from(nameRows),
    sampling,
  };
  if (options.suspectIdenticalTexts !== false) {
    // Written down before the closure, which lets a declaration win over them.
    for (const { a, b } of identicalTexts(values, spaces, partOfSpace)) declarations.suspected.push([a, b]);
  }
  return trainingData({
    ...combined,
    declarations: Object.fromEntries(Object.entries(declarations).filter(([, list]) => list.length > 0)),
  });
}

function isAlignmentFile(relations: RelationDeclarations | undefined): relations is AlignmentFile {
  return typeof relations === "object" && relations !== null && "proposals" in relations;
}

function checkPart(name: string, part: unknown): void {
  const { spaces, values } = (part ?? {}) as Partial<TrainingData<unknown>>;
  if (Array.isArray(spaces) && values !== undefined) return;
  const hint = part instanceof Promise ? " Samples made of a stream are a promise: await it." : "";
  throw new InvalidArgumentError(
    `\`parts.${name}\` must be data made by \`labeled\`, \`pairs\` or the like; received ${part instanceof Promise ? "a promise" : shown(part)}.${hint}`,
  );
}
