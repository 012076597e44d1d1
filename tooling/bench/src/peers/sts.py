# sentence-transformers' own trainer on scored pairs: reads lines of JSON, the task first, then what each run is limited by; answers with lines of JSON.
import json, os, sys, tempfile, time, warnings

os.environ["TOKENIZERS_PARALLELISM"] = "false"
warnings.filterwarnings("ignore")


def answer(value):
    print("@" + json.dumps(value), flush=True)


task = json.loads(sys.stdin.readline())
try:
    import torch
    from datasets import Dataset
    from sentence_transformers import SentenceTransformer, SentenceTransformerTrainer, SentenceTransformerTrainingArguments
    from sentence_transformers import losses

    torch.set_num_threads(task["threads"])
    pairs = task["train"]
    columns = {"sentence1": [p["a"] for p in pairs], "sentence2": [p["b"] for p in pairs], "score": [p["score"] / 5 for p in pairs]}
    data = Dataset.from_dict(columns)
except Exception as error:
    answer({"error": repr(error)[:300]})
    sys.exit(1)
answer({"ready": torch.__version__})


def train(steps):
    model = SentenceTransformer(task["model"], device="cpu")
    with tempfile.TemporaryDirectory() as folder:
        settings = SentenceTransformerTrainingArguments(
            output_dir=folder,
            max_steps=steps,
            per_device_train_batch_size=task["batch"],
            learning_rate=task["rate"],
            warmup_steps=max(1, round(steps / 10)),
            seed=task["seed"],
            use_cpu=True,
            save_strategy="no",
            logging_strategy="no",
            report_to="none",
            disable_tqdm=True,
        )
        loss = getattr(losses, task["loss"])(model)
        trainer = SentenceTransformerTrainer(model=model, args=settings, train_dataset=data, loss=loss)
        start = time.perf_counter()
        trainer.train()
        return model, time.perf_counter() - start


def cosines(model, part):
    a, b = (model.encode([p[side] for p in task[part]], convert_to_numpy=True, normalize_embeddings=True) for side in "ab")
    return (a * b).sum(1).tolist()


for line in sys.stdin:
    limit = json.loads(line)
    try:
        steps = limit.get("steps")
        if steps is None:
            few, more = train(2)[1], train(12)[1]
            steps = max(1, round((limit["seconds"] - few) / max((more - few) / 10, 1e-3)) + 2)
        model, seconds = train(steps)
        model.eval()
        answer({"steps": steps, "seconds": seconds, "dev": cosines(model, "dev"), "test": cosines(model, "test")})
    except Exception as error:
        answer({"error": repr(error)[:300]})
