import { accumulatedStep } from "./accumulated-step.js";
import type { Compile } from "./engine.js";
import type { FitSettings } from "./settings.js";
import { type Step, type StepPlan, trainingStep } from "./step.js";
import type { TrainingState } from "./training-state.js";

/** The step that a run's options ask for. The caller disposes it before the state. */
export function runStep(
  plan: StepPlan,
  state: TrainingState,
  compile: Compile,
  { accumulate }: Pick<FitSettings<never>, "accumulate">,
): Step {
  return accumulate > 1 ? accumulatedStep(plan, state, compile) : trainingStep(plan, state, compile);
}
