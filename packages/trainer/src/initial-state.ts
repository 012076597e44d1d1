import { InvalidArgumentError, type Random, type TrainingData } from "@quaterion/core";
import type { Head, InitialTensor, Loss } from "@quaterion/core/training";
import type { InitialEncoder, InitialState } from "./training-state.js";

/**
 * First values of all that is trained: the head's weights, and the loss's parameters, one set per label space for losses that read classes;
 * losses on pairs are told how many classes of pairs there are.
 * @throws {InvalidArgumentError} when there is nothing to train
 */
export function initialState(
  head: Head,
  loss: Loss,
  data: TrainingData<unknown>,
  inputDim: number,
  random: Random,
  encoder?: InitialEncoder,
): InitialState {
  const weights = head.weights(inputDim, random.fork("head"));
  const dim = head.dim(inputDim);
  const parameters = new Map<string, Readonly<Record<string, InitialTensor>>>();
  if (loss.parameters && loss.reads === "classes") {
    for (const { name, labels } of data.spaces) {
      parameters.set(name, loss.parameters({ dim, classes: labels.length }, random.fork(`loss ${name}`)));
    }
  } else if (loss.parameters) {
    parameters.set("", loss.parameters({ dim, classes: data.pairClasses?.length ?? 0 }, random.fork("loss")));
  }
  if (Object.keys(weights).length === 0 && encoder === undefined) {
    throw new InvalidArgumentError(
      `\`fit.head\` "${head.name}" has no weights, so training could not change the model. Give a head with weights, such as linearHead() or skipConnectionHead().`,
    );
  }
  return { encoder, head: weights, loss: parameters };
}
