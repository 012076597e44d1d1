import { InvalidArgumentError, shown } from "@quaterion/core";

/** Name of the one label space of data that was given none. */
export const defaultSpace = "default";

/** Checks the name of a label space or of a part: not empty, and no `/`, which ends the space in a label id. */
export function checkSpaceName(name: string, argument: string): void {
  if (name.trim() === "") throw new InvalidArgumentError(`\`${argument}\` has an empty name: expected the name of a label space.`);
  if (name.includes("/")) {
    throw new InvalidArgumentError(
      `\`${argument}\` has a name with "/": ${shown(name)}. "/" separates space and label; write ${shown(name.replaceAll("/", "-"))} or the like.`,
    );
  }
}
