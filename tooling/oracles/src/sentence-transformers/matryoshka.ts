import type { Loss } from "@quaterion/core/training";
import { matryoshka } from "@quaterion/losses";
import { type LossMapping, Uncovered } from "../mapping.js";
import { mapping as coSENT } from "./co-sent.js";
import { mapping as distillation } from "./embedding-distillation.js";
import { mapping as ranking } from "./multiple-negatives-ranking.js";

/** What our matryoshka can be put around: mappings that heed what wraps their losses. */
const { MSELoss } = distillation;
const within: LossMapping = { ...ranking, ...coSENT, MSELoss: MSELoss! };

export const mapping: LossMapping = {
  MatryoshkaLoss: {
    options: ["matryoshka_dims", "matryoshka_weights"],
    say: (golden) => {
      const { matryoshka_dims: dims, matryoshka_weights: weights } = golden.options as {
        matryoshka_dims: number[];
        matryoshka_weights?: number[];
      };
      const { loss_class, options } = golden.inner!;
      const inner = within[loss_class];
      if (!inner) throw new Uncovered(`matryoshka around ${loss_class}`);
      const unheeded = Object.keys(options).filter((option) => !inner.options.includes(option));
      if (unheeded.length > 0) throw new Uncovered(`option ${unheeded.join(", ")} of ${loss_class}`);
      return inner.say(
        { ...golden, loss_class, options },
        (loss) => matryoshka(loss as unknown as Loss, { dims, weights }) as unknown as typeof loss,
      );
    },
  },
};
