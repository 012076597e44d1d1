// The suite that TensorFlow.js ships, on one backend. Everything is one bundle: the specs reach into tfjs-core's own modules, and must meet the copy that the backend uses.
import "@tensorflow/tfjs-core/dist/index.js";
import "@tensorflow/tfjs-core/dist/register_all_gradients.js";
import "@tensorflow/tfjs-core/dist/public/chained_ops/register_all_chained_ops.js";
import "@tensorflow/tfjs-backend-cpu";
import { configure } from "@quaterion/tfjs-backend-onnxruntime";
import { env } from "@tensorflow/tfjs-core/dist/environment.js";
import { setTestEnvs } from "@tensorflow/tfjs-core/dist/jasmine_util.js";

const backendName = process.env.BACKEND ?? "onnxruntime";
setTestEnvs([{ name: backendName, backendName, isDataSync: true }]);
env().set("IS_TEST", true);
configure({ device: process.env.DEVICE ?? "cpu" });
// Required, not imported: the specs ask for the backends above when they load.
require("@tensorflow/tfjs-core/dist/tests.js");
