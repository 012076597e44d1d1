import { existsSync, readFileSync } from "node:fs";
import { Worker } from "node:worker_threads";
import { join } from "node:path";
import { Random } from "@quaterion/core";
import { labeled, pairs, readCsv } from "@quaterion/datasets";
import { trainableTextEncoder } from "@quaterion/encoders/trainable";
import { multipleNegativesRanking } from "@quaterion/losses";
import { fit } from "@quaterion/trainer";
import { backendInfo } from "@quaterion/tfjs-backend-onnxruntime";
async function main() {
const [count = "2048", chunk = "-", dropout, train = "all", steps = "1"] = process.argv.slice(2);
const model = join(process.env["HOME"]!, ".cache/quaterion-models/all-MiniLM-L6-v2");
const rows: string[] = [];
for (const name of ["bank", "assistant", "shop"]) for (const { text } of await readCsv(join(process.env["QUATERION_BENCH"]!, "..", "..", "apps", "reference", "data", name, "train.csv"), { columns: ["text", "label"] })) rows.push(text!);
const random = new Random(1);
const lengths = rows.map((t) => t.split(/\s+/).length); const words = rows.flatMap((t) => t.split(/\s+/));
const made = new Set<string>();
while (made.size < 2 * Number(count)) made.add(Array.from({ length: lengths[made.size % lengths.length]! }, () => words[random.integer(words.length)]!).join(" "));
const texts = [...made];
const data = pairs(Array.from({ length: texts.length / 2 }, (_, i) => ({ a: texts[2 * i]!, b: texts[2 * i + 1]! })), { a: "a", b: "b" });
const w = new Worker(`const fs=require("fs");const t0=Date.now();let peak=0;setInterval(()=>{const s=fs.readFileSync("/proc/self/status","utf8");const g=k=>Math.round(Number(s.match(new RegExp(k+":\\\\s+(\\\\d+)"))[1])/1024);process.stderr.write(((Date.now()-t0)/1000).toFixed(0)+"s rss "+g("VmRSS")+" hwm "+g("VmHWM")+"\\n")},3000)`, { eval: true });
w.unref();
const t = performance.now();
const mu = (at: string) => { const m = process.memoryUsage(); console.log(at, ((performance.now() - t) / 1000).toFixed(1), "rss", m.rss >> 20, "heap", m.heapUsed >> 20, "ext", m.external >> 20, "ab", m.arrayBuffers >> 20, "graphs", JSON.stringify(backendInfo())); };
mu("start");
const encoder = await trainableTextEncoder(model, { train: train as "all", ...(dropout !== undefined && dropout !== "-" && { dropout: Number(dropout) }) });
mu("encoder");
await fit({ data, encoder, loss: multipleNegativesRanking({ scale: 20 }), steps: Number(steps), labelsPerBatch: Number(count), samplesPerLabel: 2, seed: 1, engine: "onnxruntime", gradientCache: chunk === "-" ? {} : { chunk: Number(chunk) }, groups: { encoder: { learningRate: 5e-5 } },
  callbacks: { onStart: () => mu("fit start"), onStep: () => mu("step") } });
mu("end");
console.log("peak", process.resourceUsage().maxRSS / 1024);
process.exit(0);
}
void main();
