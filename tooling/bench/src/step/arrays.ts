import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Random } from "@quaterion/core";
import type { ArraySpec, Case } from "./cases.js";

/** Every array of a case, by name. */
export function arraysOf({ inputs, weights, frozen }: Case): Record<string, ArraySpec> {
  return { ...inputs, ...weights, ...frozen };
}

/** Draws the numbers of a case into `<folder>/<case>.f32`, arrays one after another in the order of {@link arraysOf}: every engine reads the same. */
export function writeArrays(folder: string, one: Case): void {
  const random = new Random(1);
  const parts = Object.values(arraysOf(one)).map(({ shape, deviation, mean = 0 }) =>
    Float32Array.from({ length: sizeOf(shape) }, () => mean + (deviation === 0 ? 0 : deviation * random.normal())),
  );
  writeFileSync(fileOf(folder, one), Buffer.concat(parts.map((part) => Buffer.from(part.buffer))));
}

/** Reads what {@link writeArrays} wrote. */
export function readArrays(folder: string, one: Case): Record<string, Float32Array> {
  const bytes = readFileSync(fileOf(folder, one));
  const all = new Float32Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / 4);
  let at = 0;
  return Object.fromEntries(
    Object.entries(arraysOf(one)).map(([name, { shape }]) => {
      const from = at;
      at += sizeOf(shape);
      return [name, all.slice(from, at)];
    }),
  );
}

function fileOf(folder: string, { name }: Case): string {
  return join(folder, `${name}.f32`);
}

function sizeOf(shape: readonly number[]): number {
  return shape.reduce((size, dimension) => size * dimension, 1);
}
