/** Largest magnitude that rounds to a finite half-precision number is below this: 65504 plus half a step. */
const overflow = 65520;

/**
 * Half-precision bits of numbers (IEEE 754 binary16), rounded to the nearest, ties to even.
 * @returns undefined when a magnitude is too large for half precision
 */
export function toFloat16(values: Float32Array): Uint16Array | undefined {
  const bits = new Uint32Array(values.buffer, values.byteOffset, values.length);
  const result = new Uint16Array(values.length);
  for (let i = 0; i < values.length; i++) {
    const magnitude = Math.abs(values[i]!);
    if (!(magnitude < overflow)) return undefined;
    const sign = (bits[i]! >>> 16) & 0x8000;
    // Below 2⁻¹⁴ the steps are 2⁻²⁴ throughout; above, a float32 keeps 13 more bits of fraction and its exponent is 112 higher.
    result[i] =
      sign | (magnitude < 2 ** -14 ? roundToEven(magnitude * 2 ** 24) : (roundedFraction(bits[i]! & 0x7fffffff) >>> 13) - (112 << 10));
  }
  return result;
}

function roundToEven(value: number): number {
  const floor = Math.floor(value);
  const rest = value - floor;
  return rest > 0.5 || (rest === 0.5 && floor % 2 === 1) ? floor + 1 : floor;
}

/** Adds just under half a step, and the rest of it if the last bit that stays is odd: a carry then rounds up, into the exponent if need be. */
function roundedFraction(bits: number): number {
  return bits + 0xfff + ((bits >>> 13) & 1);
}

let table: Float32Array | undefined;

/** The numbers that half-precision bits stand for; exact. */
export function fromFloat16(bits: Uint16Array): Float32Array {
  table ??= Float32Array.from({ length: 65536 }, (_, half) => numberOf(half));
  const values = new Float32Array(bits.length);
  for (let i = 0; i < bits.length; i++) values[i] = table[bits[i]!]!;
  return values;
}

function numberOf(half: number): number {
  const sign = half & 0x8000 ? -1 : 1;
  const exponent = (half >>> 10) & 31;
  const fraction = half & 1023;
  if (exponent === 31) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
  return sign * (exponent === 0 ? fraction * 2 ** -24 : (1024 + fraction) * 2 ** (exponent - 25));
}
