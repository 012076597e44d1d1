import { InvalidArgumentError, shown, suggestion } from "@quaterion/core";
import type { Decider } from "./decider.js";

/** What decides in a space; where none is named, the last, which decides in all. @throws {InvalidArgumentError} when there is no such space, or it is empty */
export function deciderOf(deciders: readonly Decider[], space: string | undefined): Decider {
  if (space === undefined) return deciders.at(-1)!;
  const decider = deciders.find((one) => one.space === space);
  if (decider && decider.groups.length > 0) return decider;
  if (decider) throw new InvalidArgumentError(`No reference of the label space ${shown(space)} is left. Add one, or undo.`);
  const spaces = deciders.flatMap((one) => (one.space === undefined ? [] : [one.space]));
  throw new InvalidArgumentError(`The reference set has no label space ${shown(space)}.${suggestion(space, spaces)}`);
}
