import { float16FromFloat32 } from "@quaterion/formats";
import { expect, it } from "vitest";
import { floatsOf } from "./onnx-session.js";

it("numbers of an output are read as float32, whatever precision the model has", () => {
  const numbers = Float32Array.of(1, -0.5, 2048, 6.103515625e-5);
  expect(floatsOf(numbers)).toBe(numbers);
  expect(floatsOf(float16FromFloat32(numbers))).toEqual(numbers);
  expect(floatsOf(Float64Array.of(1, -0.5))).toEqual(Float32Array.of(1, -0.5));
});
