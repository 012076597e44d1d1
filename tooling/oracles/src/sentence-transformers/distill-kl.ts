import { distillKL, pairedDotProducts } from "@quaterion/losses";
import * as tf from "@tensorflow/tfjs-core";
import type { LossMapping } from "../mapping.js";
import { labelRows, pairedSimilarities, pairsCase } from "./common/pairs-case.js";

export const mapping: LossMapping = {
  DistillKLDivLoss: {
    options: ["similarity_fct", "temperature", "student_temperature", "teacher_temperature"],
    say: (golden) => {
      const { similarity_fct, ...o } = golden.options as Record<string, number | undefined> & { similarity_fct?: string };
      const loss = distillKL({
        temperature: o["temperature"],
        studentTemperature: o["student_temperature"],
        teacherTemperature: o["teacher_temperature"],
        similarities: pairedSimilarities(similarity_fct, pairedDotProducts),
      });
      return pairsCase(golden, loss, () => ({ teacherScores: tf.tensor2d(labelRows(golden).map((row) => [...row])) }));
    },
  },
};
