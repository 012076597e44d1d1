import { type BatchShares, type LabelPolicy, labelId, spaceOf, type TrainingData } from "@quaterion/core";
import { shareOf } from "./shares.js";

/** A label space as the sampler sees it. */
export interface DrawnSpace {
  readonly name: string;
  /** Rows of each label that has any. */
  readonly rowsOf: readonly Uint32Array[];
  /** Names of these labels. */
  readonly labelNames: readonly string[];
  /** Labels with two distinct values that are similar to each other in the shared space. */
  readonly positives: number;
  readonly rows: number;
  /** Whether others lie within one of its labels, which is then unknown to itself. */
  readonly broader: boolean;
  /** Rows that carry labels of no other space. */
  readonly ownRows: number;
  readonly weight: number;
  /** Whether its batches are read as it alone sees them: rows carry labels of other spaces too, which are no part of it. */
  readonly view: boolean;
  /** Spaces with labels declared narrower than one of its own. */
  readonly narrowerSpaces: ReadonlySet<string>;
}

/** What the sampler needs to know of each label space. */
export function drawnSpaces(data: TrainingData<unknown>, ids: Uint32Array, shares: BatchShares | undefined): DrawnSpace[] {
  const spacesOfRow = new Uint8Array(data.values.length);
  for (const space of data.spaces) for (const row of space.rows) spacesOfRow[row] = Math.min(2, spacesOfRow[row]! + 1);
  return data.spaces.map(({ name, labels, rows }) => {
    const lists: number[][] = labels.map(() => []);
    const classes = data.classesOf(name, rows);
    for (let i = 0; i < rows.length; i++) lists[classes[i]!]!.push(rows[i]!);
    let positives = 0;
    let broader = false;
    for (const [c, list] of lists.entries()) {
      const id = labelId(name, labels[c]!);
      const similar = data.relations.of(id, id) === 1;
      broader ||= !similar;
      if (similar && list.some((row) => ids[row] !== ids[list[0]!])) positives++;
    }
    const ownRows = rows.reduce((sum, row) => sum + (spacesOfRow[row] === 1 ? 1 : 0), 0);
    const narrower = data.relations.declarations.narrower ?? [];
    return {
      name,
      rowsOf: lists.filter((list) => list.length > 0).map((list) => Uint32Array.from(list)),
      labelNames: labels.filter((_, c) => lists[c]!.length > 0),
      positives,
      rows: rows.length,
      broader,
      ownRows,
      weight: rows.length === 0 ? 0 : shareOf(rows.length, shares),
      view: ownRows < rows.length && !broader,
      narrowerSpaces: new Set(narrower.flatMap(([a, b]) => (spaceOf(b) === name ? [spaceOf(a)] : []))),
    };
  });
}

/** Why there is nothing to draw, space by space. */
export function noBatchMessage(data: TrainingData<unknown>, spaces: readonly DrawnSpace[], policy: LabelPolicy): string {
  if (spaces.length === 0)
    return "The data has neither labels nor pairs to learn from: use `labeled`, `pairs`, `triplets`, `scored`, or `unlabeled` with several fields.";
  const reasons = spaces.map((space, s) => {
    if (space.rows === 0) return `"${space.name}" has no rows`;
    if (space.rowsOf.length === 1)
      return `"${space.name}" has one label only ("${data.spaces[s]!.labels[0]}"), and similarity needs at least two`;
    return `"${space.name}" has no label with two different examples that are known to be similar`;
  });
  const hint = policy === "separate" && spaces.length > 1 ? ' Policy "schedule" also draws batches from all spaces together.' : "";
  return `No batch with a similar pair and a dissimilar one can be drawn: ${reasons.join("; ")}. Add examples or labels.${hint}`;
}
