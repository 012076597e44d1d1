// Our side of one case, in a process of its own: reads a line of JSON, works, answers with a line of JSON.
import { backendInfo } from "@quaterion/tfjs-backend-onnxruntime";
import { fit } from "@quaterion/trainer";
import { answerRequests } from "../answer-requests.js";
import { fitCases } from "./cases.js";
import type { RunFigures } from "./report.js";
import { type Work, type WorkOptions, workOf } from "./work.js";

/** Steps whose losses are compared with the peer's, without dropout. */
const checked = 2;
let work: Work | undefined;

/** Trains, and times from the first batch to the last step: neither encoding before nor the model's export after. */
async function run(steps: number, dropout?: number): Promise<RunFigures> {
  const options = await work!.options(steps, dropout);
  let [started, ended, compiled, compiledAtEnd] = [0, 0, 0, 0];
  const { history } = await fit({
    ...options,
    callbacks: {
      onStart() {
        started = performance.now();
        compiled = backendInfo().compileMs;
      },
      onStep() {
        ended = performance.now();
        compiledAtEnd = backendInfo().compileMs;
      },
    },
  });
  const peakMiB = process.resourceUsage().maxRSS / 1024;
  return { trainingMs: ended - started, compileMs: compiledAtEnd - compiled, losses: history.map(({ loss }) => loss), peakMiB };
}

/** What a line may ask for. */
const commands: Record<string, (request: { name: string; options: WorkOptions }) => Promise<object>> = {
  async prepare({ name, options }) {
    work = await workOf(fitCases.find((one) => one.name === name)!, options);
    return {};
  },
  async check() {
    const steps = Math.min(checked, work!.steps);
    return { ...(await run(steps, 0)), rates: work!.rates(steps) };
  },
  run: () => run(work!.steps),
};

void answerRequests(commands);
