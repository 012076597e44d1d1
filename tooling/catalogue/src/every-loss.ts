import type { Loss } from "@quaterion/core/training";
import * as exported from "@quaterion/losses";

/** Every loss that the package exports, with its default options, by the name of its factory. */
export function everyLoss(): ReadonlyMap<string, Loss> {
  const found = new Map<string, Loss>();
  for (const [name, make] of Object.entries(exported)) {
    const made = madeBy(make);
    if (isLoss(made)) found.set(name, made);
  }
  return found;
}

/** What a factory makes of nothing; undefined where it is none, or needs an argument. */
function madeBy(make: unknown): unknown {
  if (typeof make !== "function" || make.length > 1) return undefined;
  try {
    return make();
  } catch {
    return undefined;
  }
}

function isLoss(value: unknown): value is Loss {
  return typeof value === "object" && value !== null && "contract" in value && "reads" in value;
}
