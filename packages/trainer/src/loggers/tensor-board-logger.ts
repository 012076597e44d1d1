import { appendFile, writeFile } from "node:fs/promises";
import { hostname } from "node:os";
import { join } from "node:path";
import { makeFolder } from "@quaterion/core/node";
import type { FitLogger } from "../events.js";
import { eventRecord, type TensorBoardEvent } from "./tensor-board-events.js";
import { written } from "./written.js";

/**
 * A logger that writes an event file for TensorBoard (`tensorboard --logdir <folder>`): the scalars `loss`, `learning_rate`, `gradient_norm`, `validation/loss`,
 * `loss/<part>` and `validation/<metric>`. A run that goes on writes another file into the folder, and has TensorBoard forget what was logged after its checkpoint.
 * @throws {StorageError} (the logger) when the file can't be written
 */
export function tensorBoardLogger(folder: string): FitLogger {
  let path = folder;
  const append = (event: Omit<TensorBoardEvent, "wallTime">) => appendFile(path, eventRecord({ wallTime: Date.now() / 1000, ...event }));
  return (event) =>
    written(path, async () => {
      if (event.kind === "start") {
        await makeFolder(folder);
        path = join(folder, `events.out.tfevents.${Math.floor(Date.now() / 1000)}.${hostname()}.${process.pid}.${event.resumedFrom}`);
        await writeFile(path, "");
        await append({ step: 0, fileVersion: "brain.Event:2" });
        if (event.resumedFrom > 0) await append({ step: event.resumedFrom + 1, sessionStart: true });
      }
      if (event.kind !== "step") return;
      const { step, loss, learningRate, gradientNorm, validationLoss, parts, metrics } = event;
      const prefixed = (prefix: string, values: Readonly<Record<string, number>> = {}) =>
        Object.fromEntries(Object.entries(values).map(([name, value]) => [`${prefix}/${name}`, value]));
      const scalars = {
        ...{ loss, learning_rate: learningRate, gradient_norm: gradientNorm },
        ...prefixed("loss", parts),
        ...prefixed("validation", { ...(validationLoss !== undefined && { loss: validationLoss }), ...metrics }),
      };
      await append({ step, scalars });
    });
}
