import { InvalidArgumentError, Random, shown } from "@quaterion/core";
import type { Loss } from "@quaterion/core/training";
import { demand, type Law } from "./law.js";
import { useEngine } from "./use-engine.js";

/** Refuses what is no loss before any law is made of it: a factory that was not called, above all. */
export function checkLoss(loss: unknown, unit: string): void {
  if (typeof (loss as Partial<Loss> | null | undefined)?.compute === "function") return;
  const fix = typeof loss === "function" ? ` Call the factory: ${unit}(myLoss()).` : "";
  throw new InvalidArgumentError(`\`${unit}\` must be given a loss; received ${shown(loss)}, which has no function \`compute\`.${fix}`);
}

/** The law that a loss declares what the trainer asks for, and that its parameters are what they say. */
export function declarationLaw(loss: Loss, reads: string, backend?: string): Law {
  return {
    title: `${loss.name}: declares what the trainer asks for`,
    async run() {
      await useEngine(backend);
      demand(loss.contract === 1, `\`contract\` is ${loss.contract}; expected 1.`);
      demand(typeof loss.name === "string" && loss.name.trim() !== "", "`name` must be a text that is not empty.");
      demand(loss.reads === reads, `\`reads\` is ${JSON.stringify(loss.reads)}; expected "${reads}".`);
      demand(typeof loss.memory === "boolean", `\`memory\` is ${loss.memory}; expected true or false.`);
      demand(
        !(loss.memory && loss.wholeBatch),
        "`memory` and `wholeBatch` are both true; a loss that needs whole batches can't use a memory.",
      );
      demand(loss.reducer === undefined || typeof loss.reducer.reduce === "function", "`reducer` must have a function `reduce`.");
      const parameters = () => loss.parameters?.({ dim: 5, classes: 3 }, new Random(1)) ?? {};
      const again = Object.values(parameters());
      for (const [i, [name, { shape, values }]] of Object.entries(parameters()).entries()) {
        const size = shape.reduce((product, length) => product * length, 1);
        demand(values.length === size, `Parameter ${name} is [${shape}] with ${values.length} values; expected ${size}.`);
        demand(values.every(Number.isFinite), `Parameter ${name} begins with a value that is not finite.`);
        demand(
          String(again[i]!.values) === String(values),
          `Parameter ${name} begins differently with the same seed; draw from \`random\`.`,
        );
      }
    },
  };
}
