import {
  type Batch,
  checkOptions,
  IncompatibleError,
  InvalidArgumentError,
  InvalidDataError,
  type Json,
  labelPolicies,
  oneOf,
  positiveInteger,
  type RandomState,
  type RowPair,
  type Sampler,
  type SamplerOptions,
  shown,
  type TrainingData,
} from "@quaterion/core";
import { LabelDraws } from "./label-draws.js";
import { neighborsIn } from "./neighbors-in.js";
import { PairDraws, pairsKnown } from "./pair-draws.js";
import { shareOf, sharesByPart, sharesCheck } from "./shares.js";
import { type DrawnSpace, drawnSpaces, noBatchMessage } from "./space-shares.js";
import { valueIds } from "./value-ids.js";

/** What one batch is drawn from. */
type Source =
  | {
      readonly kind: "labels";
      readonly weight: number;
      readonly spaces: readonly number[];
      readonly space?: string;
      readonly view?: string;
    }
  | { readonly kind: "pairs"; readonly weight: number; readonly group: number };

const mixedEvery = 4;

/**
 * Batches of P labels × K samples (P × K), from one label space or mixed as the policy says, and of given pairs.
 *
 * - Every batch of a source has one size: P · K rows, or as many as the source has distinct values. Spaces with fewer than P labels give
 *   more of each. A label with fewer than K samples gives what it has, and others fill its place.
 * - No two samples of a batch have equal values: the second waits for a later batch. None is dropped.
 * - A space's share of batches follows `shares`, by default the square root of its rows; where the data gives numbers for its parts, those.
 *   A label's chance to come into a mixed batch follows its space's share.
 * - Where the data names neighbours of labels, those of a label follow it into the batch, nearest first, as far as this pass over the space
 *   has not had them yet. (Hard classes together: Sohn, "Improved deep metric learning with multi-class N-pair loss objective", NeurIPS 2016.)
 * - Under `schedule` every fourth batch is mixed.
 * - A space whose labels are all broader than others (`narrower`) has no similar pair in the shared space: its rows come in batches together
 *   with the spaces within it. A space of one label comes in mixed batches only.
 * @throws {InvalidDataError} when no batch would hold a similar and a dissimilar pair
 */
export function batchSampler(data: TrainingData<unknown>, options = {} as SamplerOptions): Sampler {
  checkOptions("sampler", options, {
    policy: oneOf(labelPolicies),
    labelsPerBatch: positiveInteger,
    samplesPerLabel: positiveInteger,
    shares: sharesCheck,
    random: (value, argument) => {
      if (typeof (value as { fork?: unknown } | null)?.fork !== "function")
        throw new InvalidArgumentError(`\`${argument}\` must be a Random, new Random(1); received ${shown(value)}.`);
      return value;
    },
  });
  const { policy, labelsPerBatch, samplesPerLabel } = options;
  for (const [name, value] of Object.entries({ policy, labelsPerBatch, samplesPerLabel, random: options.random }))
    if (value === undefined) throw new InvalidArgumentError(`\`sampler.${name}\` is missing.`);
  const size = labelsPerBatch * samplesPerLabel;
  const random = options.random.fork("draws");
  const ids = valueIds(data.values);
  const shares = options.shares ?? data.sampling?.shares;
  const parts = options.shares === undefined ? data.sampling?.parts : undefined;
  const spaces = drawnSpaces(data, ids, shares);
  const draws = spaces.map(
    (space) =>
      new LabelDraws([...space.rowsOf], ids, options.random.fork(`rows of ${space.name}`), neighborsIn(space, data.sampling?.neighbors)),
  );
  const named = pairGroups(data.pairs ?? []);
  const groups = named.map(([name, pairs]) => new PairDraws(pairs, ids, size, options.random.fork(`pairs of ${name}`)));

  const labelSources = labelSourcesOf(spaces);
  const pairSources = groups.map((group, g): Source => ({ kind: "pairs", weight: shareOf(2 * group.items.length, shares), group: g }));
  const everything: Source = { kind: "labels", weight: 1, spaces: spaces.flatMap((space, s) => (space.rows > 0 ? [s] : [])) };
  const mixable = everything.spaces.length > 1 && spaces.some((space) => space.positives > 0);
  const alone: Source[] = [...labelSources, ...pairSources];
  if (labelSources.length > 0 && samplesPerLabel < 2) {
    throw new InvalidArgumentError(
      `\`sampler.samplesPerLabel\` must be 2 or more for data with labels, or no two samples of a batch are similar; received ${samplesPerLabel}.`,
    );
  }
  const mixes = policy === "distinct" || policy === "masked";
  if (alone.length === 0 && !(mixable && policy !== "separate")) throw new InvalidDataError(noBatchMessage(data, spaces, policy));

  const capacity = new Set(spaces.flatMap((space) => space.rowsOf.flatMap((rows) => [...rows].map((row) => ids[row])))).size;
  const nameOfSource = (source: Source) =>
    source.kind === "pairs" ? (named[source.group]![1][0]!.group ?? "") : spaces[source.spaces[0]!]!.name;
  const aloneWeights = sharesByPart(
    alone.map((source) => [nameOfSource(source), source.weight]),
    parts,
  );
  // Labels of a mixed batch by the shares of their spaces.
  const spaceWeights = sharesByPart(
    spaces.map((space) => [space.name, space.weight]),
    parts,
  );
  const labelWeight = parts
    ? aloneWeights.slice(0, labelSources.length).reduce((sum, weight) => sum + weight, 0)
    : shareOf(capacity, shares);
  const mixedWeights = [labelWeight, ...aloneWeights.slice(labelSources.length)];
  const drawLabels = (source: Source & { kind: "labels" }): Batch => {
    const batch: number[] = [];
    const used = new Set<number>();
    const [only] = source.spaces;
    if (source.spaces.length === 1) {
      const wanted = Math.min(size, draws[only!]!.capacity);
      draws[only!]!.draw(batch, wanted, samplesPerLabel, used, random);
      return { rows: Uint32Array.from(batch), space: source.space, ...(source.view === undefined ? {} : { view: source.view }) };
    }
    const wanted = Math.min(size, source === everything ? capacity : Math.max(...source.spaces.map((s) => draws[s]!.capacity)));
    const share = new Map<number, number>();
    const chances = source.spaces.map((each) => spaceWeights[each]!);
    for (let label = 0; label < labelsPerBatch; label++) {
      const s = source.spaces[pick(chances, random.uniform())]!;
      share.set(s, (share.get(s) ?? 0) + 1);
    }
    for (const [s, labels] of share)
      draws[s]!.draw(batch, Math.min(labels * samplesPerLabel, wanted - batch.length), samplesPerLabel, used, random);
    for (const s of source.spaces) if (batch.length < wanted) draws[s]!.draw(batch, wanted - batch.length, samplesPerLabel, used, random);
    return { rows: Uint32Array.from(batch), unknown: source === everything && policy !== "masked" ? "dissimilar" : "unknown" };
  };

  let drawn = 0;
  const nextSource = (): Source => {
    const number = drawn++;
    const mixed = mixable && (mixes || alone.length === 0 || (policy === "schedule" && number % mixedEvery === mixedEvery - 1));
    if (!mixed) return alone[pick(aloneWeights, random.uniform())]!;
    if (!mixes || pairSources.length === 0) return everything;
    const chosen = pick(mixedWeights, random.uniform());
    return chosen === 0 ? everything : pairSources[chosen - 1]!;
  };

  const labelled = spaces.length > 0 ? Math.ceil(capacity / Math.min(size, Math.max(1, capacity))) : 0;
  return {
    batchesPerEpoch: labelled + groups.reduce((sum, group) => sum + Math.ceil(group.items.length / group.size), 0),
    next() {
      const source = nextSource();
      if (source.kind === "labels") return drawLabels(source);
      const pairs = groups[source.group]!.draw();
      const { group } = named[source.group]![1][0]!;
      return {
        ...pairs,
        ...(group === undefined ? {} : { group }),
        unknown: policy === "masked" || pairs.scores || pairs.pairClasses ? "unknown" : "dissimilar",
      };
    },
    state: () => ({
      version: 1,
      drawn,
      random: [...random.state()],
      spaces: draws.map((draw) => draw.state()),
      pairs: groups.map((group) => group.state()),
    }),
    restore(state) {
      const stored = state as unknown as StoredState | null;
      if (stored?.version !== 1 || stored.spaces?.length !== draws.length || stored.pairs?.length !== groups.length) {
        throw new IncompatibleError(
          `The sampler's state belongs to other data: expected ${draws.length} label spaces and ${groups.length} groups of pairs; received ${shown(state)}.`,
        );
      }
      drawn = stored.drawn;
      random.restore(stored.random);
      for (const [s, draw] of draws.entries()) draw.restore(stored.spaces[s]!);
      for (const [g, group] of groups.entries()) group.restore(stored.pairs[g]!);
    },
  };
}

interface StoredState {
  readonly version: number;
  readonly drawn: number;
  readonly random: RandomState;
  readonly spaces: readonly Json[];
  readonly pairs: readonly Json[];
}

/** Spaces that can be drawn alone, and those that need the spaces within them beside them. */
function labelSourcesOf(spaces: readonly DrawnSpace[]): Source[] {
  const able = (space: DrawnSpace) => space.positives > 0 && space.rowsOf.length > 1;
  return spaces.flatMap((space, s): Source[] => {
    const within = spaces.flatMap((other, o) => (space.narrowerSpaces.has(other.name) && able(other) ? [o] : []));
    if (space.broader && within.length > 0) {
      // Rows that carry a finer label as well are drawn by it.
      return space.ownRows > 0 ? [{ kind: "labels", weight: space.weight, spaces: [s, ...within] }] : [];
    }
    const view = space.view ? { view: space.name } : {};
    return able(space) ? [{ kind: "labels", weight: space.weight, spaces: [s], space: space.name, ...view }] : [];
  });
}

/** Pairs drawn together: of one part, and of which the same is known. */
function pairGroups(pairs: readonly RowPair[]): [string, RowPair[]][] {
  const groups = new Map<string, RowPair[]>();
  for (const pair of pairs) {
    const known = pairsKnown(pair);
    if (pair.relation === 0 && (known === "relations" || known === "teacherScores")) continue; // says nothing to learn from; the relation itself is kept
    const name = `${pair.group ?? ""}${known === "relations" ? "" : ` ${known}`}`;
    const group = groups.get(name);
    if (group) group.push(pair);
    else groups.set(name, [pair]);
  }
  return [...groups];
}

/** An index, each as likely as its weight says. */
function pick(weights: readonly number[], uniform: number): number {
  let rest = uniform * weights.reduce((sum, weight) => sum + weight, 0);
  for (const [i, weight] of weights.entries()) {
    rest -= weight;
    if (rest < 0) return i;
  }
  return weights.length - 1;
}
