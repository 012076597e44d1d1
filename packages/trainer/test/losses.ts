import type { ClassLoss, Loss, RelationLoss, ScoreLoss } from "@quaterion/core/training";
import * as tf from "@tensorflow/tfjs-core";

/** ½(similar · d² + dissimilar · max(0, 1 − d²)), the mean over known pairs, with d² of vectors of length 1. */
export const pullAndPush: RelationLoss = {
  contract: 1,
  name: "pullAndPush",
  reads: "relations",
  memory: true,
  compute({ anchors, candidates, similar, dissimilar }) {
    const squares = tf.sub(2, tf.mul(2, tf.matMul(anchors, candidates, false, true)));
    const terms = tf.add(tf.mul(similar, squares), tf.mul(dissimilar, tf.relu(tf.sub(1, squares))));
    return { terms: tf.mul(0.5, terms), counted: tf.add(similar, dissimilar) };
  },
};

/** Softmax over learned class vectors. */
export const softmax: ClassLoss<{ kernel: tf.Tensor2D }> = {
  contract: 1,
  name: "softmax",
  reads: "classes",
  memory: false,
  parameters: ({ dim, classes }, random) => ({
    kernel: { shape: [dim, classes], values: Float32Array.from({ length: dim * classes }, () => random.normal() * 0.1) },
  }),
  compute({ embeddings, classes }, { kernel }) {
    const logits = tf.logSoftmax(tf.mul(10, tf.matMul(embeddings, kernel)) as tf.Tensor2D);
    return { terms: tf.neg(tf.sum(tf.mul(tf.cast(tf.oneHot(classes, kernel.shape[1]), "float32"), logits), 1)) };
  },
};

/** (cosine − score)² of given pairs. */
export const squaredCosineError: ScoreLoss = {
  contract: 1,
  name: "squaredCosineError",
  reads: "scores",
  memory: false,
  compute: ({ first, second, scores }) => ({ terms: tf.square(tf.sub(tf.sum(tf.mul(first, second), 1), scores)) }),
};

/** (lead of the first partner over the second − the teacher's)² of given triplets. */
export const squaredLeadError = {
  contract: 1,
  name: "squaredLeadError",
  reads: "scores",
  needs: ["teacherScores"],
  leastOthers: 1,
  memory: false,
  compute({ first, second, others, teacherScores }) {
    const lead = tf.sub(tf.sum(tf.mul(first, second), 1), tf.sum(tf.mul(first, others![0]!), 1));
    const [positive, negative] = tf.unstack(teacherScores, 1);
    return { terms: tf.square(tf.sub(lead, tf.sub(positive!, negative!))) };
  },
} satisfies ScoreLoss<object & Record<string, tf.Tensor>, "teacherScores"> as Loss;

/** |x − teacher's|² of both rows of given pairs. */
export const squaredTeacherDistance = {
  contract: 1,
  name: "squaredTeacherDistance",
  reads: "scores",
  needs: ["teacher"],
  memory: false,
  compute: ({ first, second, teacher }) => ({
    terms: tf.add(tf.sum(tf.square(tf.sub(first, teacher.first)), 1), tf.sum(tf.square(tf.sub(second, teacher.second)), 1)),
  }),
} satisfies ScoreLoss<object & Record<string, tf.Tensor>, "teacher"> as Loss;

/** Softmax over products of given pairs: one learned vector for each class of pairs. */
export const softmaxOfPairs = {
  contract: 1,
  name: "softmaxOfPairs",
  reads: "scores",
  needs: ["classes"],
  memory: false,
  parameters: ({ dim, classes }) => ({ kernel: { shape: [dim, classes], values: new Float32Array(dim * classes) } }),
  compute({ first, second, classes }, { kernel }) {
    const logits = tf.logSoftmax(tf.mul(10, tf.matMul(tf.mul(first, second), kernel)) as tf.Tensor2D);
    return { terms: tf.neg(tf.sum(tf.mul(tf.cast(tf.oneHot(classes, kernel.shape[1]), "float32"), logits), 1)) };
  },
} satisfies ScoreLoss<{ kernel: tf.Tensor2D }, "classes"> as unknown as Loss;
