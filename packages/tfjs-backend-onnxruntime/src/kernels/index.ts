import { angleKernels } from "./angle.js";
import { batchNormalizationKernels } from "./batch-normalization.js";
import { binaryKernels } from "./binary.js";
import { blockKernels } from "./blocks.js";
import { convolutionKernels } from "./convolution-kernels.js";
import { dilationKernels } from "./dilation.js";
import { gatherKernels } from "./gather.js";
import type { NativeKernel } from "./kernel.js";
import { localResponseKernels } from "./local-response.js";
import { matmulKernels } from "./matmul.js";
import { poolingKernels } from "./pooling.js";
import { poolingGradientKernels } from "./pooling-gradients.js";
import { reductionKernels } from "./reduction.js";
import { resizeKernels } from "./resize.js";
import { scatterKernels } from "./scatter.js";
import { shapeKernels } from "./shape.js";
import { sineKernels } from "./sine.js";
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
  ...poolingKernels,
  ...poolingGradientKernels,
  ...localResponseKernels,
  ...batchNormalizationKernels,
  ...resizeKernels,
  ...blockKernels,
  ...dilationKernels,
  ...scatterKernels,
  ...angleKernels,
  ...sineKernels,
];
