# Encodes image files by Pillow and ONNX Runtime: decoded four at a time, as the other side does, run in batches.
import json
import sys
import time
from concurrent.futures import ThreadPoolExecutor

sessions = {}


def main():
    import numpy as np
    import onnxruntime as ort
    import PIL
    from PIL import Image, ImageOps

    pool = ThreadPoolExecutor(4)
    for line in sys.stdin:
        case = json.loads(line)
        size, mean, std = case["size"], np.float32(case["mean"]), np.float32(case["std"])
        if case["model"] not in sessions:
            options = ort.SessionOptions()
            options.intra_op_num_threads = case["threads"]
            sessions[case["model"]] = ort.InferenceSession(case["model"], options, providers=["CPUExecutionProvider"])
        session = sessions[case["model"]]
        name = session.get_inputs()[0].name

        def prepared(file):
            image = ImageOps.exif_transpose(Image.open(file)).convert("RGB").resize((size, size), Image.Resampling.BILINEAR)
            pixels = (np.asarray(image, dtype=np.float32) / np.float32(255) - mean) / std
            return pixels.transpose(2, 0, 1)

        start = time.perf_counter()
        vectors, files, batch = [], case["files"], case["batch"]
        images = pool.map(prepared, files)
        for at in range(0, len(files), batch):
            rows = np.stack([next(images) for _ in files[at : at + batch]])
            vectors.append(session.run(None, {name: np.ascontiguousarray(rows)})[0].reshape(len(rows), -1))
        ms = 1000 * (time.perf_counter() - start)
        versions = f"Pillow {PIL.__version__}, onnxruntime {ort.__version__}"
        print("@" + json.dumps({"ms": ms, "vectors": np.concatenate(vectors).tolist(), "versions": versions}), flush=True)


try:
    main()
except Exception as error:  # one line, for the other side to show
    print("@" + json.dumps({"error": f"{type(error).__name__}: {error}"}), flush=True)
