import { Random } from "@quaterion/core";
import { describe, expect, it } from "vitest";
import { calibratedTemperature, heldOutQuality, probabilities } from "./calibration.js";

/** Scores whose softmax at temperature `temperature` is what the classes were drawn from. */
function drawn(temperature: number, rows = 2000, classCount = 4) {
  const random = new Random(4);
  const scores = new Float32Array(rows * classCount);
  const classes = new Int32Array(rows);
  for (let i = 0; i < rows; i++) {
    for (let c = 0; c < classCount; c++) scores[i * classCount + c] = temperature * 2 * random.normal();
    let left = random.uniform();
    const likely = probabilities(scores.subarray(i * classCount, (i + 1) * classCount), temperature);
    while (left > likely[classes[i]!]! && classes[i]! < classCount - 1) left -= likely[classes[i]!++]!;
  }
  return { scores, classes, classCount };
}

describe("calibratedTemperature", () => {
  it.each([0.0005, 0.05, 1, 20, 5000])("finds the temperature %d that classes were drawn at", (temperature) => {
    expect(calibratedTemperature(drawn(temperature)) / temperature).toBeCloseTo(1, 1);
  });

  it("is as likely as the best of a fine grid", () => {
    const heldOut = drawn(0.3, 200);
    const found = heldOutQuality(heldOut, calibratedTemperature(heldOut)).logLikelihood;
    for (let t = 0.1; t < 1; t *= 1.05) expect(heldOutQuality(heldOut, t).logLikelihood).toBeLessThan(found + 2e-4);
  });

  it("stays above 0 where every sample is right", () => {
    const temperature = calibratedTemperature({ scores: Float32Array.of(1, 0, 0, 1), classes: Int32Array.of(0, 1), classCount: 2 });
    // a quarter of each target is spread over both classes: 7/8 = 1 / (1 + exp(−1 / T))
    expect(temperature).toBeCloseTo(1 / Math.log(7), 4);
    expect(probabilities(Float32Array.of(1, 0), temperature)[0]).toBeCloseTo(7 / 8, 4);
  });

  it("takes no notice of samples that take no part, nor of classes without references", () => {
    const { scores, classes, classCount } = drawn(1, 100);
    const wide = new Float32Array(classes.length * (classCount + 1)).fill(Number.NEGATIVE_INFINITY);
    for (let i = 0; i < classes.length; i++) wide.set(scores.subarray(i * classCount, (i + 1) * classCount), i * (classCount + 1));
    const more = Float32Array.of(...wide, 9, 0, 0, 0, 0);
    const heldOut = { scores: more, classes: Int32Array.of(...classes, -1), classCount: classCount + 1 };
    expect(calibratedTemperature(heldOut)).toBeCloseTo(calibratedTemperature({ scores, classes, classCount }), 5);
  });
});
