import type { InitialTensor, LossParameters } from "@quaterion/core/training";
import * as tf from "@tensorflow/tfjs-core";
import type { Optimizer } from "./optimizers/optimizer.js";

/** One trained weight with what the optimizer keeps for it. */
export interface Parameter {
  readonly name: string;
  /** What the run's learning rate is multiplied with for this weight. */
  readonly rate: number;
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

/** A trained encoder's first weights. */
export interface InitialEncoder {
  readonly weights: Readonly<Record<string, InitialTensor>>;
  /** Weights that stay as they are. */
  readonly constants: Readonly<Record<string, InitialTensor>>;
  /** What the run's learning rate is multiplied with, by weight. */
  readonly rate: (name: string) => number;
}

/** Trained weights of a model, by name. */
export interface ModelWeights {
  readonly head: Readonly<Record<string, InitialTensor>>;
  /** Of a trained encoder; empty where the encoder is frozen. */
  readonly encoder: Readonly<Record<string, InitialTensor>>;
}

/** First values of everything that is trained. */
export interface InitialState {
  readonly encoder?: InitialEncoder;
  readonly head: Readonly<Record<string, InitialTensor>>;
  /** By label space; `""` for losses that read no classes. */
  readonly loss: ReadonlyMap<string, Readonly<Record<string, InitialTensor>>>;
}

/** Everything that a run changes on the engine: weights of head and loss, and the optimizer's tensors. Owns its variables: {@link dispose}. */
export class TrainingState {
  readonly parameters: readonly Parameter[];
  readonly #encoder = new Map<string, Parameter>();
  readonly #constants: Readonly<Record<string, tf.Variable>>;
  readonly #head = new Map<string, Parameter>();
  readonly #loss = new Map<string, Map<string, Parameter>>();

  /** Makes the variables on the engine in use. */
  constructor(initial: InitialState, optimizer: Optimizer) {
    const parameters: Parameter[] = [];
    const make = (name: string, { shape, values }: InitialTensor, rate = 1): Parameter => {
      const slots: Record<string, tf.Variable> = {};
      for (const slot of optimizer.slots) slots[slot] = variableOf({ shape, values: new Float32Array(values.length) });
      const parameter = { name, rate, variable: variableOf({ shape, values }), slots, updates: 0 };
      parameters.push(parameter);
      return parameter;
    };
    const { weights = {}, constants = {}, rate = () => 1 } = initial.encoder ?? {};
    for (const [name, tensor] of Object.entries(weights)) this.#encoder.set(name, make(`encoder.${name}`, tensor, rate(name)));
    this.#constants = Object.fromEntries(Object.entries(constants).map(([name, tensor]) => [name, variableOf(tensor)]));
    for (const [name, tensor] of Object.entries(initial.head)) this.#head.set(name, make(`head.${name}`, tensor));
    for (const [space, tensors] of initial.loss) {
      const own = new Map<string, Parameter>();
      for (const [name, tensor] of Object.entries(tensors)) own.set(name, make(`loss.${space}.${name}`, tensor));
      this.#loss.set(space, own);
    }
    this.parameters = parameters;
  }

  get headWeights(): Record<string, tf.Variable> {
    return variablesOf(this.#head);
  }

  /** Weights and constants of a trained encoder. */
  get encoderWeights(): Record<string, tf.Variable> {
    return { ...this.#constants, ...variablesOf(this.#encoder) };
  }

  get lossParameters(): Map<string, LossParameters> {
    return new Map([...this.#loss].map(([space, own]) => [space, variablesOf(own)]));
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

  /** What a model is made of: the weights of head and encoder. */
  async modelValues(): Promise<ModelWeights> {
    return { head: await valuesOfAll(this.#head), encoder: await valuesOfAll(this.#encoder) };
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
    tf.dispose(this.#constants);
  }
}

function variablesOf(parameters: ReadonlyMap<string, Parameter>): Record<string, tf.Variable> {
  return Object.fromEntries([...parameters].map(([name, { variable }]) => [name, variable]));
}

async function valuesOfAll(parameters: ReadonlyMap<string, Parameter>): Promise<Record<string, InitialTensor>> {
  const values: Record<string, InitialTensor> = {};
  for (const [name, { variable }] of parameters) values[name] = await valuesOf(variable);
  return values;
}

/** A variable over a copy of the values, which an engine may go on using. */
function variableOf({ shape, values }: InitialTensor): tf.Variable {
  const first = tf.tensor(values.slice(), shape as number[], "float32");
  const variable = tf.variable(first);
  first.dispose();
  return variable;
}

async function valuesOf(variable: tf.Variable): Promise<InitialTensor> {
  return { shape: [...variable.shape], values: Float32Array.from((await variable.data()) as Float32Array) };
}
