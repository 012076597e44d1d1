import { expect, it } from "vitest";
import { valueIds } from "./value-ids.js";

it("gives equal content one number, and nothing else", () => {
  class Point {
    x = 1;
  }
  const cyclic: Record<string, unknown> = {};
  cyclic.self = cyclic;
  const values = [
    "1",
    1,
    "1",
    { a: 1 },
    { a: 1 },
    '{"a":1}',
    Float32Array.of(1, 2),
    Float32Array.of(1, 2),
    Float64Array.of(1, 2),
    [1, 2],
    [1, 2],
    new Point(),
    new Point(),
    cyclic,
    cyclic,
  ];
  expect([...valueIds(values)]).toEqual([0, 1, 0, 2, 2, 3, 4, 4, 5, 6, 6, 7, 8, 9, 9]);
});

it("tells vectors apart by every bit", () => {
  const [a, b] = [new Float32Array(300), new Float32Array(300)];
  b[299] = 1e-45;
  expect([...valueIds([a, b])]).toEqual([0, 1]);
});

it("compares images by their bytes, in records too, whoever holds them", () => {
  const pixels = (last: number, width = 60) => ({ data: new Uint8Array(3600).fill(last, 3599), width, height: 3600 / width });
  const values = [
    pixels(0),
    pixels(0),
    pixels(1),
    pixels(0, 40),
    { ...pixels(0), data: Buffer.alloc(3600) },
    new Uint8Array(3600),
    new Uint8Array(3600).fill(1),
  ];
  expect([...valueIds([...values, new Uint8Array(3600)])]).toEqual([0, 0, 1, 2, 3, 4, 5, 4]);
});
