import { engine, type Tensor, tidy, type Variable } from "@tensorflow/tfjs-core";
import type { OnnxRuntimeBackend } from "./backend.js";
import { sameShape } from "./element-arrays.js";
import { collectGraph } from "./graph-compiler.js";
import type { Value } from "./value.js";

/** Where a graph's leaf comes from when it is run again: an input of the call, a variable, or an array that stays. */
type Source = { readonly input: number } | { readonly variable: Variable } | { readonly constant: Value };

/** Where a root goes: to a result of the call (under a shape of its own), or into a variable. */
interface Target {
  readonly result?: { readonly at: number; readonly shape: number[] };
  readonly variable?: Variable;
}

/** One call of a function as the graph that it recorded. */
export interface Recording {
  /** Structure of the graph. */
  readonly key: string;
  readonly leaves: readonly { readonly source: Source; readonly shape: readonly number[] }[];
  readonly roots: readonly {
    readonly dtype: "float32" | "int32" | "bool";
    readonly shape: readonly number[];
    readonly targets: Target[];
  }[];
  readonly results: number;
}

/**
 * Calls `fn` and, where `isKept`, tells how the call can be run again, with known scalars as constants of the graph where it `bakes`; no recording where it can't: it read values, or its results are not what it
 * computed. The recording holds its constants, until {@link releaseRecording}: their buffers would else be those of the next call's.
 */
export function recordCall(
  backend: OnnxRuntimeBackend,
  inputs: readonly Tensor[],
  fn: () => Tensor[],
  { isKept, bakes }: { isKept: boolean; bakes: boolean },
): { results: Tensor[]; recording: Recording | undefined } {
  // From here on, what is pending is the function's.
  backend.program.flush();
  const sources = new Map<Value, Source | undefined>();
  const add = (value: Value | undefined, source: Source) => {
    // One array that is two things could be either.
    if (value !== undefined) sources.set(value, sources.has(value) ? undefined : source);
  };
  for (const [input, tensor] of inputs.entries()) add(arrayOf(backend, tensor), { input });
  const variables = Object.values(engine().state.registeredVariables);
  const before = variables.map((variable) => backend.valueBehind(variable));
  for (const [i, variable] of variables.entries()) add(before[i], { variable });

  const { runs } = backend.program;
  for (const value of sources.keys()) value.opaque = true;
  const { recorder } = backend.program;
  try {
    recorder.bakes = bakes;
    const results = tidy(fn);
    recorder.bakes = false;
    const recording = isKept && backend.program.runs === runs ? recordingOf(backend, results, variables, before, sources) : undefined;
    if (recording !== undefined) for (const constant of constantsOf(recording)) backend.program.pin(constant);
    backend.program.flush();
    return { results, recording };
  } finally {
    recorder.bakes = false;
    for (const value of sources.keys()) value.opaque = false;
  }
}

/** The array behind an input: one that is a number everywhere is made, for it may be another array next time. */
function arrayOf(backend: OnnxRuntimeBackend, tensor: Tensor): Value | undefined {
  const value = backend.valueBehind(tensor);
  if (value?.splat !== undefined) backend.program.materialise(value);
  return value;
}

function recordingOf(
  backend: OnnxRuntimeBackend,
  results: readonly Tensor[],
  variables: readonly Variable[],
  before: readonly (Value | undefined)[],
  sources: ReadonlyMap<Value, Source | undefined>,
): Recording | undefined {
  const roots = backend.program.pending();
  if (roots.length === 0) return undefined;
  const targets = new Map<Value, Target[]>(roots.map((root) => [root, []]));
  for (const [at, tensor] of results.entries()) {
    const target = targets.get(backend.valueBehind(tensor)!);
    if (target === undefined) return undefined;
    target.push({ result: { at, shape: tensor.shape } });
  }
  for (const [i, variable] of variables.entries()) {
    const value = variable.isDisposed ? undefined : backend.valueBehind(variable);
    if (value === before[i]) continue;
    const target = value && targets.get(value);
    if (target === undefined) return undefined;
    target.push({ variable });
  }
  // Something else that the function keeps would be missed.
  if ([...targets.values()].some((list) => list.length === 0)) return undefined;
  const { key, leaves } = collectGraph(roots);
  const known = leaves.map((leaf) => {
    const owner = leaf.origin ?? leaf;
    return { source: sources.has(owner) ? sources.get(owner) : { constant: leaf }, shape: leaf.shape };
  });
  if (known.some(({ source }) => source === undefined)) return undefined;
  return {
    key,
    leaves: known as Recording["leaves"],
    roots: roots.map((root) => ({ dtype: root.dtype as "float32", shape: root.shape, targets: targets.get(root)! })),
    results: results.length,
  };
}

/** Would both give the same on the same inputs and variables? */
export function sameRecording(a: Recording, b: Recording): boolean {
  return (
    a.key === b.key &&
    a.results === b.results &&
    a.leaves.every((leaf, i) => sameShape(leaf.shape, b.leaves[i]!.shape) && sameSource(leaf.source, b.leaves[i]!.source)) &&
    a.roots.every(
      ({ targets }, i) =>
        targets.length === b.roots[i]!.targets.length && targets.every((target, j) => sameTarget(target, b.roots[i]!.targets[j]!)),
    )
  );
}

function sameSource(a: Source, b: Source): boolean {
  if ("input" in a) return "input" in b && a.input === b.input;
  if ("variable" in a) return "variable" in b && a.variable === b.variable;
  return "constant" in b && (a.constant === b.constant || sameElements(a.constant, b.constant));
}

function sameElements({ data: a }: Value, { data: b }: Value): boolean {
  if (a === undefined || b === undefined || a.byteLength !== b.byteLength) return false;
  return Buffer.from(a.buffer, a.byteOffset, a.byteLength).equals(Buffer.from(b.buffer, b.byteOffset, b.byteLength));
}

function sameTarget(a: Target, b: Target): boolean {
  return (
    a.variable === b.variable && a.result?.at === b.result?.at && (a.result === undefined || sameShape(a.result.shape, b.result!.shape))
  );
}

/** Runs a recorded call on other inputs. @returns nothing where it can't be run any longer */
export function replayCall(backend: OnnxRuntimeBackend, recording: Recording, inputs: readonly Tensor[]): Tensor[] | undefined {
  const compiled = backend.program.sessions.find(recording.key);
  if (compiled === undefined) return undefined;
  const leaves: Value[] = [];
  for (const { source, shape } of recording.leaves) {
    if ("variable" in source && source.variable.isDisposed) return undefined;
    const value = "constant" in source ? source.constant : backend.valueBehind("input" in source ? inputs[source.input]! : source.variable);
    if (value === undefined) return undefined;
    backend.program.compute(value);
    leaves.push(backend.program.recorder.reshaped(value, shape));
  }
  const roots = recording.roots.map(({ dtype, shape }) => backend.program.recorder.leaf(dtype, shape, undefined));
  backend.program.replay(compiled, leaves, roots);
  const results = new Array<Tensor>(recording.results);
  for (const [i, { targets }] of recording.roots.entries()) {
    // A variable that shares its data with no other tensor takes the new ones as they are: assigning costs two tensors.
    const others = targets.filter(({ variable }) => variable === undefined || !backend.replaceValue(variable, roots[i]!));
    if (others.length === 0) continue;
    const info = backend.infoOf(roots[i]!);
    const tensor = engine().makeTensorFromTensorInfo(info, backend);
    // What was computed may have been given another shape before it was assigned or returned.
    const shaped = (shape: number[]) => engine().makeTensorFromTensorInfo(backend.aliasOf(info, shape), backend);
    for (const { result, variable } of others) {
      if (result !== undefined) results[result.at] = shaped(result.shape);
      if (variable === undefined) continue;
      const value = shaped(variable.shape);
      variable.assign(value);
      value.dispose();
    }
    tensor.dispose();
  }
  return results;
}

/** Lets go of the arrays that a recording holds; it can't be run any longer. */
export function releaseRecording(backend: OnnxRuntimeBackend, recording: Recording | undefined): void {
  if (recording !== undefined) for (const constant of constantsOf(recording)) backend.program.release(constant);
}

function constantsOf({ leaves }: Recording): Value[] {
  return leaves.flatMap(({ source }) => ("constant" in source ? [source.constant] : []));
}
