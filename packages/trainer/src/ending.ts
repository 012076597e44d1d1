import { type Check, checkOptions, nonNegativeInteger, nonNegativeNumber } from "@quaterion/core";
import type { Watched } from "./schedules/schedule.js";

/** Options of `fit.earlyStopping`. */
export interface EarlyStopping {
  /** Looks at held-out data without improvement that are let pass. */
  patience: number;
  /** An improvement is one by more than this. Default 0. */
  leastGain?: number;
}

/** Why a run ended. */
export type EndedBy = "steps" | "time" | "earlyStopping";

/** Checks the option `earlyStopping` of `fit`. */
export const earlyStoppingValue: Check<unknown> = (value, argument) => {
  checkOptions(argument, value, { patience: nonNegativeInteger, leastGain: nonNegativeNumber });
  nonNegativeInteger((value as EarlyStopping).patience, `${argument}.patience`);
  return value;
};

/** Whether held-out data has stopped gaining. It follows from what was seen alone, so a run that goes on ends where it would have. */
export function hasStopped({ patience, leastGain = 0 }: EarlyStopping, { values, higherIsBetter }: Watched): boolean {
  let best = Number.NEGATIVE_INFINITY;
  let since = 0;
  for (const value of values) {
    const score = higherIsBetter ? value : -value;
    if (score > best + (Number.isFinite(best) ? leastGain : 0)) {
      best = score;
      since = 0;
    } else since++;
  }
  return since > patience;
}
