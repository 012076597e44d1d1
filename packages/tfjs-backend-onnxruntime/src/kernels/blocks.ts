import { backend_util, util } from "@tensorflow/tfjs-core";
import type { Value } from "../value.js";
import { composed, type KernelCall, type NativeKernel } from "./kernel.js";
import { padded, part, permuted } from "./layout.js";

function batchToSpace({ recorder: r, input, attrs }: KernelCall): Value {
  const x = input("x");
  const blocks = attrs["blockShape"] as number[];
  const crops = attrs["crops"] as number[][];
  const size = util.sizeFromShape(blocks);
  const apart = r.reshaped(x, backend_util.getReshaped([...x.shape], blocks, size));
  const together = backend_util.getReshapedPermuted([...x.shape], blocks, size);
  const spaces = r.reshaped(permuted(r, apart, backend_util.getPermuted(apart.shape.length, blocks.length)), together);
  const start = backend_util.getSliceBeginCoords(crops, blocks.length);
  const kept = backend_util.getSliceSize(together, crops, blocks.length);
  // Both leave out the axes behind the blocks, which are whole.
  const shape = [...kept, ...together.slice(kept.length)];
  return part(r, spaces, [...start, ...new Array(shape.length - start.length).fill(0)], shape);
}

function spaceToBatch({ recorder: r, input, attrs }: KernelCall): Value | undefined {
  const x = input("x");
  const blocks = attrs["blockShape"] as number[];
  const paddings = attrs["paddings"] as [number, number][];
  const rest = new Array(x.shape.length - 1 - blocks.length).fill(0);
  const size = util.sizeFromShape(blocks);
  const wide = padded(r, x, [0, ...paddings.map(([before]) => before), ...rest], [0, ...paddings.map(([, after]) => after), ...rest]);
  const apart = r.reshaped(wide, backend_util.getReshaped([...wide.shape], blocks, size, false));
  const batches = permuted(r, apart, backend_util.getPermuted(apart.shape.length, blocks.length, false));
  return r.reshaped(batches, backend_util.getReshapedPermuted([...wide.shape], blocks, size, false));
}

function depthToSpace({ recorder: r, input, attrs }: KernelCall): Value | undefined {
  const x = input("x");
  const block = attrs["blockSize"] as number;
  if (attrs["dataFormat"] !== "NHWC") return undefined;
  const [batch, height, width, channels] = x.shape as [number, number, number, number];
  const depth = channels / (block * block);
  // Rows of a block lie side by side in the channels; Split and Concat move them in whole pieces, which is faster than Transpose.
  const row = { dtype: x.dtype, shape: [batch, height, width, block * depth] };
  const rows = r.nodes("Split", [x, r.baked("int64", new Array(block).fill(block * depth))], new Array(block).fill(row), {
    attributes: { axis: { kind: "int", value: 3 } },
  });
  const lines = rows.map((value) => r.reshaped(value, [batch, height, 1, width * block * depth]));
  const stacked = r.node("Concat", lines, x.dtype, [batch, height, block, width * block * depth], {
    attributes: { axis: { kind: "int", value: 2 } },
  });
  return r.reshaped(stacked, [batch, height * block, width * block, depth]);
}

export const blockKernels: readonly NativeKernel[] = [
  composed("BatchToSpaceND", batchToSpace),
  composed("SpaceToBatchND", spaceToBatch),
  composed("DepthToSpace", depthToSpace),
];
