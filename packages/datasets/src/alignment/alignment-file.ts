import {
  InvalidDataError,
  type LabelId,
  labelId,
  list,
  nameOf,
  nearestName,
  type RelationDeclarations,
  shown,
  spaceOf,
  suggestion,
} from "@quaterion/core";
import type { LabelEvidence, LabelProposal } from "./align-labels.js";

/** A proposal in a file, with what a person decides about it. */
export interface FiledProposal {
  /** False as it is written; true accepts the relation. */
  readonly accept: boolean;
  readonly a: LabelId;
  readonly relation: LabelProposal["relation"];
  readonly b: LabelId;
  readonly score: number;
  /** The evidence in words. */
  readonly because: string;
  readonly examplesOfA: readonly string[];
  readonly examplesOfB: readonly string[];
}

/** Relations and proposals for more: what `combine` and the app's `--relations` take, before and after a person edited it. */
export interface AlignmentFile extends RelationDeclarations {
  readonly help: readonly string[];
  readonly proposals: readonly FiledProposal[];
}

/**
 * Proposals as a JSON file for a person to edit: `JSON.stringify(alignmentFile(proposals), null, 2)`. As it is written it declares what `known`
 * declares; each `accept` that is set to true declares one relation more. It changes nothing else.
 */
export function alignmentFile(proposals: readonly LabelProposal[], known: RelationDeclarations = {}): AlignmentFile {
  list(proposals, "proposals");
  const { same = [], narrower = [], disjoint = [], suspected } = known;
  return {
    help: [
      'Read each proposal with its examples. If it is right, set "accept" to true; leave it, or delete it, if not.',
      'You may change "relation": "same": a and b mean the same. "narrower": a is a part of b. "broader": b is a part of a.',
      "A label can be the same as, or a part of, one label of another set only.",
      '"score" is how likely a person would agree: of the proposals with 0.7, about 7 of 10 are right.',
      'You may add pairs of your own to "same", "narrower" ([a, b]: a is a part of b) and "disjoint" (nothing is both).',
    ],
    same,
    narrower,
    disjoint,
    ...(suspected && { suspected }),
    proposals: proposals.map(({ a, b, relation, score, evidence, examples }) => ({
      accept: false,
      a,
      relation,
      b,
      score: Math.round(score * 100) / 100,
      because: because(evidence),
      examplesOfA: examples.a,
      examplesOfB: examples.b,
    })),
  };
}

/** The evidence for a proposal in words. */
export function because({ identicalTexts, names, shareOfA, shareOfB, belongsWithA, belongsWithB }: LabelEvidence): string {
  const percent = (share: number) => `${Math.round(share * 100)} %`;
  const reasons: string[] = [];
  if (identicalTexts > 0) reasons.push(`${identicalTexts} ${identicalTexts === 1 ? "text carries" : "texts carry"} both labels`);
  if (shareOfA !== undefined && shareOfB !== undefined)
    reasons.push(`in the other set, ${percent(shareOfA)} of a's texts would get b, ${percent(shareOfB)} of b's would get a`);
  if (belongsWithA !== undefined && belongsWithB !== undefined)
    reasons.push(`a's and b's texts are as alike as ${percent(belongsWithA)} of a's own, ${percent(belongsWithB)} of b's own`);
  if (names >= 0.3) reasons.push("the names are alike");
  return reasons.join("; ");
}

const kinds = ["same", "narrower", "disjoint", "suspected"] as const;
const relations = ["same", "narrower", "broader"] as const satisfies readonly LabelProposal["relation"][];

export interface AcceptedRelationsOptions {
  /** The file's name, for errors. */
  file?: string | undefined;
  /** Ids of the labels that there are: others are an error that names the nearest. Without it, `combine` says so later, without the entry. */
  labels?: Iterable<LabelId> | undefined;
}

/**
 * The relations that a file declares: its own lists, and its proposals that were accepted. Plain declarations, without proposals, are taken as
 * they are.
 * @param json what was read with JSON.parse
 * @throws {InvalidDataError} naming the file and the entry: an unknown key, a pair that is none, a proposal that was edited into something
 * else, a label that the data does not have
 */
export function acceptedRelations(json: unknown, { file, labels }: AcceptedRelationsOptions = {}): RelationDeclarations {
  const place = file === undefined ? {} : { file };
  const known = labels && new Set(labels);
  const fail = (message: string): never => {
    throw new InvalidDataError(message, place);
  };
  if (typeof json !== "object" || json === null || Array.isArray(json))
    return fail(
      `Expected an object { "same": [["a/x", "b/y"]], "narrower": [], "disjoint": [], "proposals": [] }; received ${shown(json)}.`,
    );
  const given = json as Record<string, unknown>;
  for (const key of Object.keys(given)) {
    const keys = [...kinds, "proposals", "help"];
    if (!keys.includes(key)) fail(`"${key}" is no kind of relation.${suggestion(key, keys)}`);
  }
  const pairOf = (a: unknown, b: unknown, entry: string): [LabelId, LabelId] => {
    for (const value of [a, b]) {
      if (typeof value !== "string" || !value.includes("/") || spaceOf(value) === "")
        fail(`${entry} must name two labels, each with its set, ["set/label", "set/label"]; received ${shown(value)}.`);
      if (known && !known.has(value as string)) fail(`${entry}, ${shown(a)} and ${shown(b)}: ${unknownLabel(value as string, known)}`);
    }
    return [a as string, b as string];
  };
  const declared: Record<(typeof kinds)[number], [LabelId, LabelId][]> = { same: [], narrower: [], disjoint: [], suspected: [] };
  for (const kind of kinds) {
    const list = given[kind] ?? [];
    if (!Array.isArray(list)) return fail(`"${kind}" must be a list of pairs [["a/x", "b/y"]]; received ${shown(list)}.`);
    for (const [i, pair] of list.entries()) {
      const entry = `Pair ${i + 1} of "${kind}"`;
      if (!Array.isArray(pair) || pair.length !== 2) return fail(`${entry} must be two labels, ["a/x", "b/y"]; received ${shown(pair)}.`);
      declared[kind].push(pairOf(pair[0], pair[1], entry));
    }
  }
  const proposals = given.proposals ?? [];
  if (!Array.isArray(proposals)) return fail(`"proposals" must be a list; received ${shown(proposals)}.`);
  for (const [i, proposal] of proposals.entries()) {
    const entry = `Proposal ${i + 1}`;
    const { accept, a, b, relation } = (proposal ?? {}) as Partial<Record<keyof FiledProposal, unknown>>;
    if (typeof accept !== "boolean") return fail(`${entry}: "accept" must be true or false; received ${shown(accept)}.`);
    if (!accept) continue;
    if (!relations.some((each) => each === relation))
      return fail(`${entry}: "relation" must be one of "${relations.join('", "')}"; received ${shown(relation)}.`);
    const [first, second] = pairOf(a, b, entry);
    declared[relation === "same" ? "same" : "narrower"].push(relation === "broader" ? [second, first] : [first, second]);
  }
  return Object.fromEntries(kinds.flatMap((kind) => (declared[kind].length > 0 ? [[kind, declared[kind]]] : [])));
}

/** Why there is no such label, and which was most likely meant. */
function unknownLabel(id: LabelId, known: ReadonlySet<LabelId>): string {
  const space = spaceOf(id);
  const spaces = [...new Set([...known].map(spaceOf))];
  const labelsIn = (one: string) => [...known].filter((label) => spaceOf(label) === one);
  if (spaces.includes(space)) return `the set "${space}" has no label ${shown(nameOf(id))}.${suggestion(id, labelsIn(space))}`;
  const nearSpace = nearestName(space, spaces);
  const meant = (nearSpace !== undefined && nearestName(labelId(nearSpace, nameOf(id)), labelsIn(nearSpace))) || nearestName(id, known);
  return `the data has no set ${shown(space)}.${meant === undefined ? suggestion(space, spaces) : ` Did you mean "${meant}"?`}`;
}
