import { FormatError } from "./format-error.js";
import type { SafetensorsTensor } from "./safetensors/types.js";

const word = new Uint32Array(1);
const single = new Float32Array(word.buffer);

/** The values of a floating-point tensor as float32: exact for F32, F16 and BF16. @throws {FormatError} `INVALID_TENSOR` for other dtypes */
export function float32Values(tensor: SafetensorsTensor): Float32Array {
  if (tensor.dtype === "F32") return tensor.data;
  if (tensor.dtype === "F16") return float32FromFloat16(tensor.data);
  if (tensor.dtype === "BF16") return new Float32Array(Uint32Array.from(tensor.data, (bits) => bits << 16).buffer);
  throw new FormatError("INVALID_TENSOR", `tensor: expected F32, F16 or BF16 values, received ${tensor.dtype}.`);
}

/** IEEE 754 binary16 bits as float32, exactly. */
export function float32FromFloat16(bits: Uint16Array): Float32Array {
  return Float32Array.from(bits, (half) => {
    const sign = half & 0x8000 ? -1 : 1;
    const exponent = (half >> 10) & 31;
    const fraction = half & 1023;
    if (exponent === 0) return sign * fraction * 2 ** -24;
    if (exponent === 31) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
    return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
  });
}

/** float32 values as IEEE 754 binary16 bits: nearest, ties to even; above 65,519 infinity. */
export function float16FromFloat32(values: Float32Array): Uint16Array {
  return Uint16Array.from(values, (value) => {
    single[0] = value;
    const bits = word[0]!;
    const sign = (bits >>> 16) & 0x8000;
    const magnitude = bits & 0x7fffffff;
    if (magnitude > 0x7f800000) return sign | 0x7e00;
    // 65,520 is half a step above the largest binary16.
    if (magnitude >= 0x477ff000) return sign | 0x7c00;
    if (magnitude < 0x38800000) return sign | roundHalfEven(Math.abs(value) * 2 ** 24);
    return (
      sign |
      (((magnitude >>> 13) -
        (112 << 10) +
        ((magnitude & 0x1fff) > 0x1000 || ((magnitude & 0x1fff) === 0x1000 && (magnitude >>> 13) & 1) ? 1 : 0)) &
        0xffff)
    );
  });
}

function roundHalfEven(value: number): number {
  const floor = Math.floor(value);
  const rest = value - floor;
  return rest > 0.5 || (rest === 0.5 && floor % 2 === 1) ? floor + 1 : floor;
}
