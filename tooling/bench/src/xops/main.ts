import { encodeOnnxModel } from "@quaterion/formats";
import * as ort from "onnxruntime-node";
async function main() {
  const N = 1024 * 384 * 4; // 1.5M
  const shape = [4096, 384];
  const graphs: Record<string, any> = {
    mulFloat: { nodes: [{ op: "Mul", inputs: ["x", "m"], outputs: ["y"] }], m: "float32" },
    castMul: { nodes: [{ op: "Cast", inputs: ["m"], outputs: ["f"], attributes: { to: { kind: "int", value: 1 } } }, { op: "Mul", inputs: ["x", "f"], outputs: ["y"] }], m: "bool" },
    castOnly: { nodes: [{ op: "Cast", inputs: ["m"], outputs: ["y"], attributes: { to: { kind: "int", value: 1 } } }], m: "bool", noX: true },
    castMulMul: { nodes: [{ op: "Cast", inputs: ["m"], outputs: ["f"], attributes: { to: { kind: "int", value: 1 } } }, { op: "Mul", inputs: ["f", "s"], outputs: ["g"] }, { op: "Mul", inputs: ["x", "g"], outputs: ["y"] }], m: "bool", s: true },
    where: { nodes: [{ op: "Where", inputs: ["m", "x", "z"], outputs: ["y"] }], m: "bool", z: true },
  };
  for (const [name, g] of Object.entries(graphs)) {
    const inputs = [ ...(g.noX ? [] : [{ name: "x", dtype: "float32", shape }]), { name: "m", dtype: g.m, shape }, ...(g.s ? [{ name: "s", dtype: "float32", shape: [] }] : []), ...(g.z ? [{ name: "z", dtype: "float32", shape: [] }] : [])];
    let model; try { model = encodeOnnxModel({ nodes: g.nodes, inputs, outputs: [{ name: "y", dtype: "float32", shape }] } as any); } catch (e) { console.log(name, e); continue; }
    let session; try { session = await ort.InferenceSession.create(model, { intraOpNumThreads: 2 }); } catch (e) { console.log(name, (e as Error).message); continue; }
    const mk = () => ({ ...(g.noX ? {} : { x: new ort.Tensor("float32", new Float32Array(N).fill(1), shape) }), m: g.m === "bool" ? new ort.Tensor("bool", new Uint8Array(N).fill(1), shape) : new ort.Tensor("float32", new Float32Array(N).fill(1), shape), ...(g.s ? { s: new ort.Tensor("float32", new Float32Array([1.1]), []) } : {}), ...(g.z ? { z: new ort.Tensor("float32", new Float32Array([0]), []) } : {}) });
    const feeds = mk() as any; const out = { y: new ort.Tensor("float32", new Float32Array(N), shape) };
    for (let i = 0; i < 5; i++) await session.run(feeds, out);
    const t = performance.now(); for (let i = 0; i < 40; i++) await session.run(feeds, out);
    console.log(name, ((performance.now() - t) / 40).toFixed(3), "ms");
  }
}
void main();
