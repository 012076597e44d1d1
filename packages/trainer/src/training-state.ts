import type { InitialTensor, LossParameters } from "@quaterion/core/training";
import * as tf from "@tensorflow/tfjs-core";
import { isAveraged } from "./optimizers/averaged.js";
import type { TrainingOf, WeightTraining } from "./parameter-groups.js";

/** One trained weight with what the optimizer keeps for it. */
export interface Parameter extends WeightTraining {
  readonly name: string;
  readonly variable: tf.Variable;
  readonly slots: Readonly<Record<string, tf.Variable>>;
  /** Updates so far: a weight that a batch does not touch (the classes of another label space) is not updated. */
  updates: number;
}

/** Copies of all weights and optimizer tensors in ordinary memory. */
export interface StateSnapshot {
  readonly tensors: Readonly<Record<string, InitialTensor>>;
  readonly updates: Readonly<Record<string, number>>;
}

/** First values of everything that is trained. */
export interface InitialState {
  readonly head: Readonly<Record<string, InitialTensor>>;
  /** By label space; `""` for losses that read no classes. */
  readonly loss: ReadonlyMap<string, Readonly<Record<string, InitialTensor>>>;
}

/** Everything that a run changes on the engine: weights of head and loss, and the optimizer's tensors. Owns its variables: {@link dispose}. */
export class TrainingState {
  readonly parameters: readonly Parameter[];
  readonly #head = new Map<string, Parameter>();
  readonly #loss = new Map<string, Map<string, Parameter>>();

  /** Makes the variables on the engine in use. */
  constructor(initial: InitialState, trainingOf: TrainingOf) {
    const parameters: Parameter[] = [];
    const make = (name: string, { shape, values }: InitialTensor): Parameter => {
      const slots: Record<string, tf.Variable> = {};
      const training = trainingOf(name);
      for (const [slot, own] of Object.entries(training.optimizer.slots(shape))) slots[slot] = variableOf(zeros(own));
      const parameter = { name, variable: variableOf({ shape, values }), slots, updates: 0, ...training };
      parameters.push(parameter);
      return parameter;
    };
    for (const [name, tensor] of Object.entries(initial.head)) this.#head.set(name, make(`head.${name}`, tensor));
    for (const [space, tensors] of initial.loss) {
      const own = new Map<string, Parameter>();
      for (const [name, tensor] of Object.entries(tensors)) own.set(name, make(`loss.${space}.${name}`, tensor));
      this.#loss.set(space, own);
    }
    this.parameters = parameters;
  }

  get headWeights(): Record<string, tf.Variable> {
    return Object.fromEntries([...this.#head].map(([name, { variable }]) => [name, variable]));
  }

  /** The head's weights as a model gets them: their average, where one is kept. Call it inside `tf.tidy`. */
  get modelWeights(): Record<string, tf.Tensor> {
    return Object.fromEntries([...this.#head].map(([name, parameter]) => [name, averageOf(parameter) ?? parameter.variable]));
  }

  get lossParameters(): Map<string, LossParameters> {
    return new Map(
      [...this.#loss].map(([space, own]) => [space, Object.fromEntries([...own].map(([name, { variable }]) => [name, variable]))]),
    );
  }

  /** Every variable with its name in a snapshot. */
  *#variables(): Generator<[string, tf.Variable]> {
    for (const { name, variable, slots } of this.parameters) {
      yield [name, variable];
      for (const [slot, kept] of Object.entries(slots)) yield [`${name}:${slot}`, kept];
    }
  }

  /** Second handles on all present values; assigning new ones leaves them as they are. The caller disposes them. */
  hold(): tf.Tensor[] {
    return [...this.#variables()].map(([, variable]) => tf.clone(variable));
  }

  /** Goes back to values from {@link hold}. */
  release(held: readonly tf.Tensor[]): void {
    for (const [i, [, variable]] of [...this.#variables()].entries()) variable.assign(held[i]!);
  }

  async snapshot(): Promise<StateSnapshot> {
    const tensors: Record<string, InitialTensor> = {};
    for (const [name, variable] of this.#variables()) tensors[name] = await valuesOf(variable);
    return { tensors, updates: Object.fromEntries(this.parameters.map(({ name, updates }) => [name, updates])) };
  }

  /** {@link modelWeights} in ordinary memory. */
  async headValues(): Promise<Record<string, InitialTensor>> {
    const values: Record<string, InitialTensor> = {};
    for (const [name, parameter] of this.#head) {
      const average = tf.tidy(() => averageOf(parameter));
      values[name] = await valuesOf(average ?? parameter.variable);
      average?.dispose();
    }
    return values;
  }

  restore({ tensors, updates }: StateSnapshot): void {
    for (const [name, variable] of this.#variables()) {
      const { values, shape } = tensors[name]!;
      const fresh = tf.tensor(values, shape as number[]);
      variable.assign(fresh);
      fresh.dispose();
    }
    for (const parameter of this.parameters) parameter.updates = updates[parameter.name]!;
  }

  dispose(): void {
    for (const [, variable] of this.#variables()) variable.dispose();
  }
}

function averageOf({ optimizer, slots, updates }: Parameter): tf.Tensor | undefined {
  return isAveraged(optimizer) ? optimizer.average(slots, updates) : undefined;
}

function zeros(shape: readonly number[]): InitialTensor {
  return { shape, values: new Float32Array(shape.reduce((product, size) => product * size, 1)) };
}

/** A variable over a copy of the values, which an engine may go on using. */
function variableOf({ shape, values }: InitialTensor): tf.Variable {
  const first = tf.tensor(values.slice(), shape as number[], "float32");
  const variable = tf.variable(first);
  first.dispose();
  return variable;
}

async function valuesOf(variable: tf.Tensor): Promise<InitialTensor> {
  return { shape: [...variable.shape], values: Float32Array.from((await variable.data()) as Float32Array) };
}
