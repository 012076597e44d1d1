import type { GraphDtype, Recorder, Value } from "../recorder.js";
import { composed, type KernelCall, type NativeKernel } from "./kernel.js";
import { part } from "./layout.js";
import { cast } from "./unary.js";

/** The places along one side of each box, [boxes, count], in pixels: float64, as in JavaScript, so that they fall on the same side of the image's edge. */
function places(r: Recorder, boxes: Value, side: 0 | 1, size: number, count: number): Value {
  const rows = boxes.shape[0]!;
  const number = (value: number) => cast(r, r.scalar(value), "float64");
  const compute = (op: string, a: Value, b: Value, columns = 1) => r.node(op, [a, b], "float64", [rows, columns]);
  const [from, to] = [side, side + 2].map((column) => cast(r, part(r, boxes, [0, column], [rows, 1]), "float64")) as [Value, Value];
  if (count === 1) return compute("Mul", compute("Mul", compute("Add", from, to), number(0.5)), number(size - 1));
  const step = compute("Div", compute("Mul", compute("Sub", to, from), number(size - 1)), number(count - 1));
  const counted = cast(
    r,
    r.leaf(
      "float32",
      [1, count],
      Float32Array.from({ length: count }, (_, at) => at),
    ),
    "float64",
  );
  return compute("Add", compute("Mul", from, number(size - 1)), compute("Mul", counted, step, count), count);
}

/** Are the places within the image? */
function inside(r: Recorder, at: Value, size: number): Value {
  const number = (value: number) => cast(r, r.scalar(value), "float64");
  const [low, high] = [
    r.node("GreaterOrEqual", [at, number(0)], "bool", at.shape),
    r.node("LessOrEqual", [at, number(size - 1)], "bool", at.shape),
  ];
  return r.node("And", [low, high], "bool", at.shape);
}

function cropAndResize({ recorder: r, input, attrs }: KernelCall): Value | undefined {
  const [image, boxes, boxInd] = [input("image"), input("boxes"), input("boxInd")];
  const { cropSize, method, extrapolationValue } = attrs as unknown as {
    cropSize: [number, number];
    method: "bilinear" | "nearest";
    extrapolationValue: number;
  };
  if (image.dtype !== "float32" || boxes.dtype !== "float32" || boxInd.dtype !== "int32") return undefined;
  const [batch, height, width, channels] = image.shape as [number, number, number, number];
  const rows = boxes.shape[0]!;
  const [tall, wide] = cropSize;
  const crop = [rows, tall, wide];
  const node = (op: string, inputs: Value[], dtype: GraphDtype, shape: readonly number[]) => r.node(op, inputs, dtype, shape);

  const [ys, xs] = [places(r, boxes, 0, height, tall), places(r, boxes, 1, width, wide)];
  const [isTall, isWide] = [inside(r, ys, height), inside(r, xs, width)];
  const isImage = r.reshaped(node("Less", [boxInd, r.scalar(batch, "int32")], "bool", [rows]), [rows, 1, 1]);
  const starts = node(
    "Mul",
    [node("Where", [isImage, r.reshaped(boxInd, [rows, 1, 1]), r.scalar(0, "int32")], "int32", [rows, 1, 1]), r.scalar(height, "int32")],
    "int32",
    [rows, 1, 1],
  );
  const nowhere = cast(r, r.scalar(0), "float64");
  /** Whole numbers of the places that are within, [rows, count]. */
  const whole = (rounding: (value: Value) => Value, at: Value, isInside: Value) =>
    cast(r, node("Where", [isInside, rounding(at), nowhere], "float64", at.shape), "int32");
  const pixels = r.reshaped(image, [batch * height * width, channels]);
  const read = (y: Value, x: Value) => {
    const lines = node(
      "Mul",
      [node("Add", [starts, r.reshaped(y, [rows, tall, 1])], "int32", [rows, tall, 1]), r.scalar(width, "int32")],
      "int32",
      [rows, tall, 1],
    );
    const at = node("Add", [lines, r.reshaped(x, [rows, 1, wide])], "int32", crop);
    return node("Gather", [pixels, at], "float32", [...crop, channels]);
  };
  const floor = (value: Value) => node("Floor", [value], "float64", value.shape);
  const ceil = (value: Value) => node("Ceil", [value], "float64", value.shape);
  // Halves go up, as in JavaScript.
  const round = (value: Value) => floor(node("Add", [value, cast(r, r.scalar(0.5), "float64")], "float64", value.shape));

  let found: Value;
  if (method === "bilinear") {
    const [top, bottom, left, right] = [
      whole(floor, ys, isTall),
      whole(ceil, ys, isTall),
      whole(floor, xs, isWide),
      whole(ceil, xs, isWide),
    ];
    const share = (at: Value, shape: readonly number[]) =>
      r.reshaped(cast(r, node("Sub", [at, floor(at)], "float64", at.shape), "float32"), shape);
    const mix = (a: Value, b: Value, part: Value) => {
      const step = node("Mul", [node("Sub", [b, a], "float32", a.shape), part], "float32", a.shape);
      return node("Add", [a, step], "float32", a.shape);
    };
    const across = share(xs, [rows, 1, wide, 1]);
    const upper = mix(read(top, left), read(top, right), across);
    found = mix(upper, mix(read(bottom, left), read(bottom, right), across), share(ys, [rows, tall, 1, 1]));
  } else {
    found = read(whole(round, ys, isTall), whole(round, xs, isWide));
  }
  const isInside = node("And", [r.reshaped(isTall, [rows, tall, 1]), r.reshaped(isWide, [rows, 1, wide])], "bool", crop);
  const isRead = r.reshaped(node("And", [isInside, isImage], "bool", crop), [...crop, 1]);
  const other = node("Where", [isImage, r.scalar(Math.fround(extrapolationValue)), r.scalar(0)], "float32", [rows, 1, 1]);
  return node("Where", [isRead, found, r.reshaped(other, [rows, 1, 1, 1])], "float32", found.shape);
}

export const cropKernels: readonly NativeKernel[] = [composed("CropAndResize", cropAndResize)];
