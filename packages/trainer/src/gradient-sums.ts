import * as tf from "@tensorflow/tfjs-core";
import type { Clipping } from "./clipped-gradients.js";
import type { Compile, CompiledFunction } from "./engine.js";
import type { Parameter, TrainingState } from "./training-state.js";
import { type UpdateNumbers, updateNumbers, updateWeights } from "./weight-updates.js";

/** Sums of gradients over parts of a step, kept on the engine. Owns its tensors: {@link dispose}. */
export class GradientSums {
  readonly #state: TrainingState;
  readonly #compile: Compile;
  readonly #clipping: Clipping;
  readonly #sums = new Map<string, tf.Variable>();
  readonly #programs = new Map<string, { run: CompiledFunction; numbers?: UpdateNumbers }>();

  constructor(state: TrainingState, compile: Compile, clipping: Clipping) {
    this.#state = state;
    this.#compile = compile;
    this.#clipping = clipping;
    for (const { variable } of state.parameters) this.#sums.set(variable.name, zeroVariable(variable.shape));
  }

  /**
   * Adds `share` of gradients to the sums. Call it inside a program, or `tf.tidy`.
   * @param gradients by the variables' names
   * @returns the names
   */
  add(gradients: Readonly<Record<string, tf.Tensor>>, share = 1): string[] {
    for (const [name, gradient] of Object.entries(gradients)) {
      const sum = this.#sums.get(name)!;
      sum.assign(tf.add(sum, share === 1 ? gradient : tf.mul(gradient, share)));
    }
    return Object.keys(gradients);
  }

  /** Updates these parameters by their sums, which are 0 after that. @returns the gradient's length before clipping */
  async spend(parameters: readonly Parameter[], learningRate: number): Promise<number> {
    const norm = tf.tidy(() => {
      const numbers = updateNumbers(parameters, learningRate);
      const program = this.#programOf(parameters, numbers.structure);
      program.numbers = numbers;
      return program.run(...numbers.tensors)[0]!;
    });
    const [value] = await norm.data();
    norm.dispose();
    return value!;
  }

  #programOf(parameters: readonly Parameter[], structure: string) {
    const key = `${parameters.map(({ name }) => name).join("\n")}\n${structure}`;
    let program = this.#programs.get(key);
    if (program === undefined) {
      const made: { run: CompiledFunction; numbers?: UpdateNumbers } = {
        run: this.#compile(
          () => {
            const sums = parameters.map(({ variable: { name } }) => [name, this.#sums.get(name)!] as const);
            const { norm } = updateWeights(this.#state, Object.fromEntries(sums), this.#clipping, made.numbers!);
            for (const [, sum] of sums) sum.assign(tf.zerosLike(sum));
            return [norm];
          },
          { state: () => null },
        ),
      };
      this.#programs.set(key, made);
      program = made;
    }
    return program;
  }

  dispose(): void {
    for (const { run } of this.#programs.values()) run.dispose?.();
    for (const sum of this.#sums.values()) sum.dispose();
    this.#programs.clear();
    this.#sums.clear();
  }
}

function zeroVariable(shape: readonly number[]): tf.Variable {
  return tf.tidy(() => tf.variable(tf.zeros(shape as number[])));
}
