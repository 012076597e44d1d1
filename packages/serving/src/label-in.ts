import { InvalidArgumentError, type LabelId, labelId, nameOf, nonEmptyString, shown, spaceOf, suggestion } from "@quaterion/core";

/**
 * The label id that is meant by `label`: an id of a known space, or a name in `space`, or in the one space that there is. The label may be new.
 * @param labels known ones, for the message
 * @throws {InvalidArgumentError} when there is no such space, or several that a name could belong to
 */
export function labelIn(spaces: readonly string[], labels: readonly LabelId[], label: string, space: string | undefined): LabelId {
  const text = nonEmptyString(label, "label");
  if (space !== undefined && !spaces.includes(space)) {
    throw new InvalidArgumentError(`The reference set has no label space ${shown(space)}.${suggestion(space, spaces)}`);
  }
  if (text.includes("/") && spaces.includes(spaceOf(text)) && nameOf(text) !== "" && (space === undefined || space === spaceOf(text)))
    return text;
  if (space !== undefined && text.includes("/") && spaces.includes(spaceOf(text)) && spaceOf(text) !== space) {
    throw new InvalidArgumentError(
      `\`label\` is of the space ${shown(spaceOf(text))}, and a label of ${shown(space)} is asked for; received ${shown(text)}. A label of that very name is "${space}/${text}".`,
    );
  }
  if (text.endsWith("/") && spaces.includes(text.slice(0, -1)))
    throw new InvalidArgumentError(`\`label\` must be a label, not a space alone; received ${shown(text)}.${suggestion(text, labels)}`);
  const one = space ?? (spaces.length === 1 ? spaces[0] : undefined);
  if (one !== undefined) return labelId(one, text);
  throw new InvalidArgumentError(
    `\`label\` must name its space, as in "${spaces[0]}/${text}"; received ${shown(text)}.${suggestion(text, labels)}`,
  );
}
