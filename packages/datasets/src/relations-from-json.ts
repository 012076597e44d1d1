import { IncompatibleError, InvalidArgumentError, type Json, type Relations, shown, type TrainingData } from "@quaterion/core";
import type { ClosureSpace } from "./label-closure.js";
import { rowRelations } from "./relations.js";

/**
 * Relations as they were written by `toJSON`.
 * @param data the rows that `block` speaks of; without it only labels can be asked about
 * @throws {IncompatibleError} when the JSON is something else, or of another version
 */
export function relationsFromJson(json: Json, data?: TrainingData<unknown>): Relations {
  const stored = json as { version?: unknown; spaces?: unknown; declarations?: unknown } | null;
  const spaces = stored?.spaces;
  if (stored?.version !== 1 || !Array.isArray(spaces) || !spaces.every(isSpace) || typeof stored.declarations !== "object") {
    throw new IncompatibleError(
      `These are not relations of version 1: expected { version: 1, spaces, declarations }; received ${shown(json)}. Write them again with relations.toJSON().`,
    );
  }
  const all = Uint32Array.from({ length: data?.values.length ?? 0 }, (_, row) => row);
  const relations = rowRelations(
    all.length,
    spaces.map(({ name, labels }) => ({ name, labels, classes: storedClasses(data, name, labels, all) })),
    stored.declarations ?? {},
    data?.pairs,
  );
  if (data) return relations;
  const noRows = () => {
    throw new InvalidArgumentError(
      "These relations were read without data, so they know labels but no rows: pass the data, relationsFromJson(json, data).",
    );
  };
  return { ...relations, block: noRows };
}

function isSpace(space: unknown): space is ClosureSpace {
  const { name, labels } = (space ?? {}) as Partial<ClosureSpace>;
  return typeof name === "string" && Array.isArray(labels) && labels.every((label) => typeof label === "string");
}

/** Class numbers by the stored label list, which need not be the data's own. */
function storedClasses(data: TrainingData<unknown> | undefined, name: string, labels: readonly string[], all: Uint32Array): Int32Array {
  const own = data?.spaces.find((space) => space.name === name);
  if (!data || !own) return new Int32Array(all.length).fill(-1);
  const numbers = new Map(labels.map((label, i) => [label, i]));
  return data.classesOf(name, all).map((c) => (c < 0 ? -1 : (numbers.get(own.labels[c]!) ?? -1)));
}
