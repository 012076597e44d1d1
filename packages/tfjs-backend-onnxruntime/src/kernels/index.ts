import { binaryKernels } from "./binary.js";
import { convolutionKernels } from "./convolution-kernels.js";
import { gatherKernels } from "./gather.js";
import type { NativeKernel } from "./kernel.js";
import { matmulKernels } from "./matmul.js";
import { reductionKernels } from "./reduction.js";
import { shapeKernels } from "./shape.js";
import { unaryKernels } from "./unary.js";

/** Every kernel that is recorded as ONNX nodes. */
export const nativeKernels: readonly NativeKernel[] = [
  ...unaryKernels,
  ...binaryKernels,
  ...reductionKernels,
  ...matmulKernels,
  ...shapeKernels,
  ...gatherKernels,
  ...convolutionKernels,
];
