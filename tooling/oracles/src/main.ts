import { useEngine } from "@quaterion/testing";
import * as tf from "@tensorflow/tfjs-core";
import { compareLoss, hasFiniteValue } from "./compare-loss.js";
import { compareMiner } from "./compare-miner.js";
import { type LossCase, type MinerCase, readCases, UnreadableCases } from "./golden-case.js";
import { type LossMapping, type MinerMapping, Uncovered } from "./mapping.js";
import { type Outcome, report } from "./report.js";
import { withoutHugeGradients } from "./zero-rows.js";

/** What the folders of mappings hold. */
export interface Mappings {
  readonly pytorchMetricLearning: readonly LossMapping[];
  readonly sentenceTransformers: readonly LossMapping[];
  readonly miners: readonly MinerMapping[];
}

/** Checks every case of a folder, prints the report, and gives the exit status: 0, or 1 where a case does not match. */
export async function main(folder: string, mappings: Mappings): Promise<number> {
  try {
    const files: [title: string, file: string, check: (cases: never) => Outcome][] = [
      [
        "pytorch-metric-learning",
        "losses_pml.json",
        (one: LossCase) => lossOutcome(one, Object.assign({}, ...mappings.pytorchMetricLearning)),
      ],
      ["sentence-transformers", "losses_st.json", (one: LossCase) => lossOutcome(one, Object.assign({}, ...mappings.sentenceTransformers))],
      ["pytorch-metric-learning, miners", "miners_pml.json", (one: MinerCase) => minerOutcome(one, Object.assign({}, ...mappings.miners))],
    ];
    const read = files.map(([title, file, check]) => ({ title, check, cases: readCases<never>(folder, file) }));
    tf.env().set("IS_TEST", true); // or tfjs greets everybody with the first tensor and recommends another backend
    await useEngine();
    tf.scalar(0).dispose();
    tf.env().set("IS_TEST", false); // or it takes what a gradient keeps for itself for a leak
    const parts = read.map(({ title, check, cases }) => ({ title, outcomes: cases.map(check) }));
    return report(parts, (line) => console.log(line)) ? 0 : 1;
  } catch (error) {
    if (!(error instanceof UnreadableCases)) throw error;
    console.error(error.message);
    return 1;
  }
}

function lossOutcome(golden: LossCase, mapping: LossMapping): Outcome {
  return outcome(golden, golden.loss_class, mapping, (saying) => {
    const said = saying.say(golden);
    const steps = ("value" in said ? [said] : said).map((step) => (golden.huge_grad ? withoutHugeGradients(step) : step));
    if (golden.nonfinite) {
      return steps.every(hasFiniteValue)
        ? { uncovered: "nonfinite: the peer's loss or gradient is not finite (ours is)" }
        : { mismatch: "is not finite, as the peer's" };
    }
    if (golden.ill_conditioned) return { uncovered: "ill_conditioned: the peer's float32 and float64 disagree" };
    const differs = steps.find((step) => step.differs)?.differs;
    if (golden.note?.startsWith("quirk:") && !differs) return { uncovered: golden.note };
    const comparisons = steps.map((step, i) => compareLoss(golden.steps?.[i] ?? golden, step));
    return {
      worst: Math.max(...comparisons.map(({ worst }) => worst)),
      mismatch: comparisons.find(({ mismatch }) => mismatch)?.mismatch,
      differs,
    };
  });
}

function minerOutcome(golden: MinerCase, mapping: MinerMapping): Outcome {
  return outcome(golden, golden.miner_class, mapping, (saying) => {
    if (golden.random && !golden.support) return { uncovered: "random" };
    return { mismatch: compareMiner(golden, saying.say(golden)) };
  });
}

/** What every case has in common: no counterpart, an option that nobody heeds, and errors. */
function outcome<Mapping extends { readonly options: readonly string[] }>(
  golden: LossCase | MinerCase,
  unit: string,
  mapping: Readonly<Record<string, Mapping>>,
  check: (saying: Mapping) => Omit<Outcome, "name" | "unit">,
): Outcome {
  const known = { name: golden.name, unit };
  if (golden.raises) return { ...known, uncovered: `raises: ${golden.raises.split("\n")[0]}` };
  const saying = mapping[unit];
  if (!saying) return { ...known, uncovered: "no counterpart: no such class" };
  const unheeded = Object.keys(golden.options).filter((option) => !saying.options.includes(option));
  if (unheeded.length > 0) return { ...known, uncovered: `no counterpart: option ${unheeded.join(", ")}` };
  try {
    return { ...known, ...check(saying) };
  } catch (error) {
    if (error instanceof Uncovered) return { ...known, uncovered: `no counterpart: ${error.message}` };
    return { ...known, mismatch: String(error) };
  }
}
