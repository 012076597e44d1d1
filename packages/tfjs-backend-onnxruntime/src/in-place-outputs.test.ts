import { encodeOnnxModel } from "@quaterion/formats";
import { describe, expect, it } from "vitest";
import { emptySequence, inPlaceSession, writesInPlace } from "./in-place-outputs.js";
import { loadSession, runtimeTensor } from "./run-sync.js";

const x = { name: "x", dtype: "float32", shape: ["n"] } as const;
const model = encodeOnnxModel({
  nodes: [{ op: "Neg", inputs: ["x"], outputs: ["y"] }, emptySequence.node],
  inputs: [x],
  outputs: [emptySequence.output, { ...x, name: "y" }],
});
const tensor = (...numbers: number[]) => runtimeTensor("float32", Float32Array.from(numbers), [numbers.length]);

describe("outputs", () => {
  it("are written in place by the version of onnxruntime-node that this package depends on", () => {
    expect(writesInPlace()).toBe(true);
    const session = inPlaceSession(loadSession(model, { logSeverityLevel: 4 }));
    const y = tensor(0, 0);
    session.run({ x: tensor(1, 2) }, { y });
    expect([...y.data]).toEqual([-1, -2]);
    session.dispose();
  });

  it("do not hide a run that fails", () => {
    writesInPlace();
    const session = inPlaceSession(loadSession(model, { logSeverityLevel: 4 }));
    expect(() => session.run({ x: tensor(1, 2) }, { y: tensor(0) })).toThrow(/shape|dimension/i);
    expect(() => session.run({}, { y: tensor(0) })).toThrow(/input/i);
    session.dispose();
  });
});
