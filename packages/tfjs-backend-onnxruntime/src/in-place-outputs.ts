import { encodeOnnxModel, type OnnxNode, type OnnxValueInfo } from "@quaterion/formats";
import { loadSession, runtimeTensor, type SyncSession } from "./run-sync.js";

// onnxruntime-node writes an output into the array that it is given, and then makes a new array of it all the same, which nobody reads: for the
// weights of a model that copy, with the memory it touches first, takes longer than the optimizer. The binding makes these arrays one output after
// another, after the run, and refuses an output that is no tensor. So each graph has such an output before its own: when it is refused, all is
// written already, and nothing was copied.

const name = "nothing";

/** An output that the binding refuses, and the node that makes it. */
export const emptySequence: { readonly node: OnnxNode; readonly output: OnnxValueInfo } = {
  node: { op: "SequenceEmpty", inputs: [], outputs: [name], name: "SequenceEmpty" },
  output: { name, dtype: "float32", sequence: true },
};

/** What the binding says of an output that is no tensor. */
let refusal: string | undefined;

/** A session whose graph has {@link emptySequence} as its first output, run so that nothing is copied. */
export function inPlaceSession(session: SyncSession): SyncSession {
  return {
    run(feeds, fetches) {
      try {
        return session.run(feeds, { [name]: null, ...fetches });
      } catch (error) {
        if ((error as Error).message !== refusal) throw error;
        return {};
      }
    },
    dispose: () => session.dispose(),
  };
}

let works: boolean | undefined;

/** Does the binding do so? Tried once, with a graph of one node; where it does not, outputs are copied. */
export function writesInPlace(): boolean {
  works ??= tryInPlace();
  return works;
}

function tryInPlace(): boolean {
  const input = { name: "x", dtype: "float32", shape: [1] } as const;
  const nodes = [{ op: "Neg", inputs: ["x"], outputs: ["y"] }, emptySequence.node];
  const session = loadSession(encodeOnnxModel({ nodes, inputs: [input], outputs: [emptySequence.output, { ...input, name: "y" }] }), {
    logSeverityLevel: 4,
  });
  const y = runtimeTensor("float32", new Float32Array(1), [1]);
  const feed = (shape: number[]) => ({ x: runtimeTensor("float32", Float32Array.of(1, 1).subarray(0, shape[0]!), shape) });
  try {
    session.run(feed([1]), { [name]: null, y });
    return false;
  } catch (error) {
    refusal = (error as Error).message;
    // A run that fails must not say the same.
    return y.data[0] === -1 && messageOf(() => session.run(feed([2]), { [name]: null, y })) !== refusal;
  } finally {
    session.dispose();
  }
}

function messageOf(work: () => void): string | undefined {
  try {
    work();
  } catch (error) {
    return (error as Error).message;
  }
  return undefined;
}
