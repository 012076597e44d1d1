import type { InitialTensor, LossParameters } from "@quaterion/core/training";
import * as tf from "@tensorflow/tfjs-core";
import { isAveraged } from "./optimizers/averaged.js";
import { keyOf } from "./optimizers/keyed.js";
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

/** A trained encoder's first weights. */
export interface InitialEncoder {
  readonly weights: Readonly<Record<string, InitialTensor>>;
  /** Weights that stay as they are. */
  readonly constants: Readonly<Record<string, InitialTensor>>;
  /** What the group's learning rate is multiplied with, by weight. */
  readonly rate: (name: string) => number;
}

/** Trained weights of a model, by name. */
export interface ModelWeights {
  readonly head: Readonly<Record<string, InitialTensor>>;
  /** Of a trained encoder; empty where the encoder is frozen. */
  readonly encoder: Readonly<Record<string, InitialTensor>>;
}

/** Weights that make embeddings, on the engine; `encoder` is empty where the encoder is frozen. */
export interface EmbeddingWeights {
  readonly head: Record<string, tf.Tensor>;
  readonly encoder: Record<string, tf.Tensor>;
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
  constructor(initial: InitialState, trainingOf: TrainingOf) {
    const parameters: Parameter[] = [];
    const make = (name: string, { shape, values }: InitialTensor, rate = 1): Parameter => {
      const slots: Record<string, tf.Variable> = {};
      const { rateScale, optimizer } = trainingOf(name);
      for (const [slot, own] of Object.entries(optimizer.slots(shape))) slots[slot] = variableOf(zeros(own));
      const parameter = { name, variable: variableOf({ shape, values }), slots, updates: 0, optimizer, rateScale: rateScale * rate };
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

  /** Weights that a step trains; the encoder's with its constants. */
  get weights(): EmbeddingWeights {
    return { head: variablesOf(this.#head), encoder: { ...this.#constants, ...variablesOf(this.#encoder) } };
  }

  /** Weights as a model gets them: their average, where one is kept. Call it inside `tf.tidy`. */
  get modelWeights(): EmbeddingWeights {
    return { head: modelTensorsOf(this.#head), encoder: { ...this.#constants, ...modelTensorsOf(this.#encoder) } };
  }

  /** Key weights of a momentum encoder, where the optimizers keep them. Call it inside `tf.tidy`. */
  get keyWeights(): EmbeddingWeights {
    return { head: keyTensorsOf(this.#head), encoder: { ...this.#constants, ...keyTensorsOf(this.#encoder) } };
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

  /** What a model is made of: the weights of head and encoder, {@link modelWeights} in ordinary memory. */
  async modelValues(): Promise<ModelWeights> {
    return { head: await averagesOf(this.#head), encoder: await averagesOf(this.#encoder) };
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

function averageOf({ optimizer, slots, updates }: Parameter): tf.Tensor | undefined {
  return isAveraged(optimizer) ? optimizer.average(slots, updates) : undefined;
}

/** What a model gets of weights: their average, where one is kept. */
function modelTensorsOf(parameters: ReadonlyMap<string, Parameter>): Record<string, tf.Tensor> {
  return Object.fromEntries([...parameters].map(([name, parameter]) => [name, averageOf(parameter) ?? parameter.variable]));
}

function keyTensorsOf(parameters: ReadonlyMap<string, Parameter>): Record<string, tf.Tensor> {
  return Object.fromEntries([...parameters].map(([name, { variable, slots }]) => [name, keyOf(variable, slots)]));
}

async function averagesOf(parameters: ReadonlyMap<string, Parameter>): Promise<Record<string, InitialTensor>> {
  const values: Record<string, InitialTensor> = {};
  for (const [name, parameter] of parameters) {
    const average = tf.tidy(() => averageOf(parameter));
    values[name] = await valuesOf(average ?? parameter.variable);
    average?.dispose();
  }
  return values;
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
