import { type LabelNeighbors, labelId } from "@quaterion/core";
import type { DrawnSpace } from "./space-shares.js";

/** Labels of one space that come together, by their places in its `rowsOf`. */
export interface PlacedNeighbors {
  readonly together: number;
  readonly of: readonly (readonly number[])[];
}

/** The neighbours within a space; undefined where none of its labels has any. Labels without rows are left out. */
export function neighborsIn(
  space: Pick<DrawnSpace, "name" | "labelNames">,
  neighbors: LabelNeighbors | undefined,
): PlacedNeighbors | undefined {
  if (neighbors === undefined) return undefined;
  const places = new Map(space.labelNames.map((name, place) => [labelId(space.name, name), place]));
  const of = space.labelNames.map((name, place) =>
    (neighbors.of[labelId(space.name, name)] ?? []).flatMap((near) => {
      const other = places.get(near);
      return other === undefined || other === place ? [] : [other];
    }),
  );
  return of.some((list) => list.length > 0) ? { together: neighbors.together, of } : undefined;
}
