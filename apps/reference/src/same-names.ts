import { labelId, type TrainingData } from "@quaterion/core";

/**
 * Names that labels of several sets have, though nobody declared how those are related: a user may take them for one label, and they are not.
 * @returns a sentence, or undefined where there are none
 */
export function sameNamesNote({ spaces, relations }: TrainingData<unknown>): string | undefined {
  const inSpaces = new Map<string, string[]>();
  for (const { name, labels } of spaces) for (const label of labels) inSpaces.set(label, [...(inSpaces.get(label) ?? []), name]);
  const names = [...inSpaces].flatMap(([label, [first, ...others]]) =>
    others.some((other) => relations.of(labelId(first!, label), labelId(other, label)) === 0) ? [label] : [],
  );
  if (names.length === 0) return undefined;
  const [what, they] =
    names.length === 1
      ? [`The label name "${names[0]}" is`, "its labels are"]
      : [`${names.length} label names, such as "${names[0]}", are`, "they are"];
  return `${what} in several sets: ${they} taken for different answers until a file for --relations says that they mean the same. "npm start -- align" proposes one.`;
}
