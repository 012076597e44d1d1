// `worker <model> <texts> <tokens> <dropout> <steps> <segments>`: trains, and prints milliseconds of a step, peak memory and losses as JSON.

import { Random } from "@quaterion/core";
import { labeled } from "@quaterion/datasets";
import { trainableTextEncoder } from "@quaterion/encoders/trainable";
import { supervisedContrastive } from "@quaterion/losses";
import { fit } from "@quaterion/trainer";

const words =
  "my card has not come yet and the bank took a fee for this transfer what rate do you give for euros today please tell me".split(" ");

async function main([model, texts, tokens, dropout, steps, segments]: readonly string[]): Promise<void> {
  const random = new Random(1);
  const count = Number(texts);
  const text = () => Array.from({ length: Number(tokens) }, () => words[random.integer(words.length)]).join(" ");
  const rows = Array.from({ length: count }, (_, i) => ({ text: text(), label: String(i >> 1) }));
  const times: number[] = [];
  let last = 0;
  const { history } = await fit({
    data: labeled(rows, { value: "text", label: "label" }),
    encoder: await trainableTextEncoder(model!, {
      maxLength: Number(tokens),
      dropout: Number(dropout),
      gradientCheckpointing: segments === "none" ? false : segments === "all" || { segments: Number(segments) },
    }),
    loss: supervisedContrastive(),
    steps: Number(steps),
    labelsPerBatch: count >> 1,
    samplesPerLabel: 2,
    engine: "onnxruntime",
    callbacks: {
      onStep() {
        const now = performance.now();
        if (last > 0) times.push(now - last);
        last = now;
      },
    },
  });
  times.sort((a, b) => a - b);
  const peakMiB = process.resourceUsage().maxRSS / 1024;
  console.log(JSON.stringify({ stepMs: times[times.length >> 1], peakMiB, losses: history.map(({ loss }) => loss) }));
}

void main(process.argv.slice(2));
