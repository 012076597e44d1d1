import { engine, getBackend, type Tensor, tidy } from "@tensorflow/tfjs-core";
import { backendName, type OnnxRuntimeBackend } from "./backend.js";
import { BackendError } from "./backend-error.js";
import { type Recording, recordCall, releaseRecording, replayCall, sameRecording } from "./recording.js";
import { currentBackend } from "./register.js";

/** A function that is recorded once for each shape of its inputs, and then replayed. */
export interface Jit<Inputs extends readonly Tensor[]> {
  (...inputs: Inputs): Tensor[];
  /** Frees the graphs' constants; a call after that records anew. */
  dispose(): void;
  /** Calls that were replayed, not recorded. */
  readonly replays: number;
}

/** Options of {@link jit}. */
export interface JitOptions {
  /** The state of what `fn` may draw from, such as a generator of random numbers: a call that changes it is never replayed, even where it drew the same twice. */
  state?: (() => unknown) | undefined;
}

/** Times that a function is recorded for inputs of some shapes before it is taken for one that is never the same twice. */
const mostAttempts = 8;
/** Calls in a row that compiled a graph after which its scalars are taken for such that change: they are fed from then on, not made constants. */
const mostChanges = 4;

/**
 * Takes the cost of recording off a function that is called many times: `const step = jit((x, rate) => { …; return [loss]; })`.
 *
 * The first calls run `fn` as always. Once two calls in a row, on inputs of the same shapes and dtypes, have recorded the same graph with the same
 * constants, later calls run that graph on the new inputs and the present values of the variables; `fn` itself is no longer called. Variables that it
 * assigned are assigned. So what `fn` computes must follow from its inputs and from variables alone: a number that changes from call to call (a
 * learning rate, random numbers) must be an input, and what is printed or counted inside happens only while recording. A function that reads
 * values, or that is never the same twice (dropout), is called each time, which is slower and right.
 *
 * All inputs are tensors; results are tensors that the caller disposes. On another backend, and within `tf.grads` and the like, `fn` is simply called.
 * @throws {BackendError} `INVALID_ARGUMENT` when `fn` does not return an array of tensors
 */
export function jit<Inputs extends readonly Tensor[]>(fn: (...inputs: Inputs) => Tensor[], options: JitOptions = {}): Jit<Inputs> {
  const recordings = new Map<string, Known>();
  let replays = 0;

  const call = (...inputs: Inputs): Tensor[] => {
    if (getBackend() !== backendName || engine().state.gradientDepth > 0) return checked(tidy(() => fn(...inputs)));
    const backend = currentBackend();
    const key = inputs.map(({ shape, dtype }) => `${dtype}[${shape}]`).join();
    const known = recordings.get(key) ?? { last: undefined, confirmed: false, attempts: 0, changes: 0 };
    recordings.set(key, known);
    if (known.confirmed) {
      const results = replayCall(backend, known.last!, inputs);
      if (results !== undefined) {
        replays++;
        return results;
      }
      // Its graph was dropped, or a variable is gone.
      forget(backend, known);
    }
    // The same graph whether it can be replayed or not, so that results do not depend on how often the function was called.
    const before = JSON.stringify(options.state?.());
    const { compiles } = backend.program.sessions;
    const { results, recording } = recordCall(backend, inputs, () => checked(fn(...inputs)), {
      isKept: known.attempts < mostAttempts,
      bakes: known.changes < mostChanges,
    });
    if (known.changes < mostChanges) known.changes = backend.program.sessions.compiles === compiles ? 0 : known.changes + 1;
    const { last } = known;
    known.last = recording;
    const isPure = JSON.stringify(options.state?.()) === before;
    known.confirmed = isPure && recording !== undefined && last !== undefined && sameRecording(last, recording);
    releaseRecording(backend, last);
    if (!isPure) forget(backend, known);
    known.attempts = known.confirmed ? 0 : known.attempts + 1;
    return results;
  };
  const dispose = () => {
    for (const known of recordings.values()) forget(currentBackend(), known);
    recordings.clear();
  };
  return Object.defineProperty(Object.assign(call, { dispose }), "replays", { get: () => replays }) as unknown as Jit<Inputs>;
}

/** What is known of a function for inputs of some shapes. */
interface Known {
  last: Recording | undefined;
  /** Two calls in a row recorded it. */
  confirmed: boolean;
  attempts: number;
  /** Calls in a row that compiled a graph. */
  changes: number;
}

function forget(backend: OnnxRuntimeBackend, known: Known): void {
  releaseRecording(backend, known.last);
  Object.assign(known, { last: undefined, confirmed: false });
}

function checked(results: Tensor[]): Tensor[] {
  if (Array.isArray(results) && results.every((result) => typeof result?.dataId === "object")) return results;
  throw new BackendError("INVALID_ARGUMENT", `jit: the function must return an array of tensors, received ${typeof results}.`);
}
