import { NotFoundError } from "@quaterion/core";
import { type EngineName, engineProblem } from "@quaterion/trainer";

/** Refuses an engine that can't start here, before texts are encoded and trainings wait for it. */
export async function checkEngine(name: string): Promise<void> {
  const problem = name === "auto" ? undefined : await engineProblem(name as EngineName);
  if (problem === undefined) return;
  throw new NotFoundError(
    `\`--engine ${name}\` can't be used here: ${problem} Leave \`--engine\` out (the fastest that starts here is taken), or choose onnxruntime or cpu, which need nothing more.`,
  );
}
