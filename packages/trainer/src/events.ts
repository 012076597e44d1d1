import type { Json } from "@quaterion/core";
import type { EngineName } from "./engine.js";
import type { FitReport, HistoryStep } from "./report.js";

/** What happens in a run. */
export type FitEvent =
  | {
      readonly kind: "start";
      readonly samples: number;
      readonly steps: number;
      readonly engine: EngineName;
      readonly engineReason: string;
      readonly resumedFrom: number;
      /** What `estimateMemory` says of the run. */
      readonly memoryBytes: number;
      /** The steps up to the checkpoint of a run that goes on. */
      readonly history: readonly HistoryStep[];
      /** Label spaces of the data, with how many labels and samples each has. */
      readonly spaces: readonly { readonly name: string; readonly labels: number; readonly samples: number }[];
      /** What the run was asked for, as checkpoints and models keep it. */
      readonly run: Readonly<Record<string, Json>>;
    }
  | ({ readonly kind: "step" } & HistoryStep)
  | {
      readonly kind: "validation";
      readonly step: number;
      /** Of the validation data; undefined where there is none. */
      readonly loss: number | undefined;
      /** What `evaluate` gave. */
      readonly metrics: Readonly<Record<string, number>> | undefined;
      /** Are these the best weights so far? */
      readonly best: boolean;
    }
  | { readonly kind: "checkpoint"; readonly step: number; readonly path: string }
  /** It will be tried again; the last good one stays. */
  | { readonly kind: "checkpointFailed"; readonly step: number; readonly error: Error }
  | { readonly kind: "end"; readonly report: FitReport; readonly history: readonly HistoryStep[] };

type EventOf<Kind extends FitEvent["kind"]> = Extract<FitEvent, { kind: Kind }>;

/** Gets every event of a run; the run waits for what it returns. */
export type FitLogger = (event: FitEvent) => unknown;

/** Functions called as a run goes on; a run waits for what they return. */
export interface FitCallbacks {
  onStart?(event: EventOf<"start">): void | Promise<void>;
  onStep?(event: EventOf<"step">): void | Promise<void>;
  onValidation?(event: EventOf<"validation">): void | Promise<void>;
  onCheckpoint?(event: EventOf<"checkpoint">): void | Promise<void>;
  onCheckpointFailed?(event: EventOf<"checkpointFailed">): void | Promise<void>;
  onEnd?(event: EventOf<"end">): void | Promise<void>;
}

/** Tells logger and callbacks of an event, in that order. */
export function emitter(
  loggers: FitLogger | readonly FitLogger[] = [],
  callbacks: FitCallbacks | readonly FitCallbacks[] = [],
): (event: FitEvent) => Promise<void> {
  const all: readonly FitCallbacks[] = Array.isArray(callbacks) ? callbacks : [callbacks as FitCallbacks];
  return async (event) => {
    for (const logger of typeof loggers === "function" ? [loggers] : loggers) await logger(event);
    for (const callback of all) {
      if (event.kind === "start") await callback.onStart?.(event);
      else if (event.kind === "step") await callback.onStep?.(event);
      else if (event.kind === "validation") await callback.onValidation?.(event);
      else if (event.kind === "checkpoint") await callback.onCheckpoint?.(event);
      else if (event.kind === "checkpointFailed") await callback.onCheckpointFailed?.(event);
      else await callback.onEnd?.(event);
    }
  };
}
