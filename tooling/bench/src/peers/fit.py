# Training runs in plain PyTorch, transformers, PEFT and sentence-transformers' cached loss: reads a line of JSON, works, answers with a line of JSON. Arguments: folder of the plan, threads.
import json, os, resource, sys, time, warnings

os.environ["TOKENIZERS_PARALLELISM"] = "false"
warnings.filterwarnings("ignore")
import numpy as np
import torch
import torch.nn.functional as F

folder = sys.argv[1]
torch.set_num_threads(int(sys.argv[2]))
plan = json.load(open(f"{folder}/plan.json"))
kind, chunk, pairs = plan["kind"], plan["chunk"], 2**22
labels = torch.tensor(plan["labels"])
batches = [torch.tensor(rows) for rows in plan["batches"]]


def relations(anchors, candidates, start=0):
    same = anchors[:, None] == candidates[None]
    itself = torch.zeros_like(same)
    itself[torch.arange(len(anchors)), torch.arange(start, start + len(anchors))] = True
    return same & ~itself, ~same, itself


def hard_triplets(e, given, margin=0.5):
    positive, negative, _ = relations(given, given)
    distances = 1 - e @ e.t()
    farthest = distances.masked_fill(~positive, -1e9).amax(1)
    nearest = distances.masked_fill(~negative, 1e9).amin(1)
    losses = F.relu(farthest - nearest + margin)
    return losses.sum() / (losses > 0).sum().clamp(min=1)


def sup_con_sum(anchors, candidates, anchor_labels, candidate_labels, start=0):
    positive, _, itself = relations(anchor_labels, candidate_labels, start)
    logits = anchors @ candidates.t() / plan["temperature"]
    every = torch.logsumexp(logits.masked_fill(itself, float("-inf")), 1)
    return (every - (logits * positive).sum(1) / positive.sum(1)).sum()


def sup_con(e, given):
    return sup_con_sum(e, e, given, given) / len(e)


class Head:
    def __init__(self):
        vectors = np.fromfile(f"{folder}/vectors.f32", dtype=np.float32)
        self.vectors = torch.from_numpy(vectors).view(-1, plan["dim"])

    def start(self, dropout):
        self.layer = torch.nn.Linear(plan["dim"], plan["dim"])
        with torch.no_grad():
            self.layer.weight.copy_(torch.eye(plan["dim"]))
            self.layer.bias.zero_()
        return list(self.layer.parameters())

    def embed(self, rows):
        return F.normalize(self.layer(self.vectors[rows]), dim=1)

    def backward(self, rows):
        if kind == "cached":
            return self.cached(rows)
        value = hard_triplets(self.embed(rows), labels[rows])
        value.backward()
        return value.item()

    # Gradient caching: embeddings without a graph, the loss's gradient by blocks of anchors, then each chunk again with its share of it.
    def cached(self, rows):
        chunks = rows.split(chunk)
        with torch.no_grad():
            embeddings = torch.cat([self.embed(part) for part in chunks])
        embeddings.requires_grad_(True)
        given, total = labels[rows], 0.0
        block = max(1, pairs // len(rows))
        for start in range(0, len(rows), block):
            end = min(len(rows), start + block)
            value = sup_con_sum(embeddings[start:end], embeddings, given[start:end], given, start) / len(rows)
            value.backward()
            total += value.item()
        for part, gradient in zip(chunks, embeddings.grad.split(chunk)):
            self.embed(part).backward(gradient)
        return total


class Encoder:
    def __init__(self):
        from transformers import AutoModel, AutoTokenizer

        self.make = lambda: AutoModel.from_pretrained(plan["model"], dtype=torch.float32)
        self.tokenizer = AutoTokenizer.from_pretrained(plan["model"])
        try:
            longest = json.load(open(f"{plan['model']}/sentence_bert_config.json"))["max_seq_length"]
        except OSError:
            longest = 256
        self.tokens = self.tokenizer(plan["texts"], truncation=True, max_length=longest)["input_ids"]

    def start(self, dropout):
        self.model = self.make()
        if kind == "lora":
            from peft import LoraConfig, get_peft_model

            self.model = get_peft_model(self.model, LoraConfig(r=8, lora_alpha=16, target_modules=["query", "value"]))
        self.model.train(dropout)
        return [p for p in self.model.parameters() if p.requires_grad]

    def backward(self, rows):
        inputs = self.tokenizer.pad({"input_ids": [self.tokens[row] for row in rows.tolist()]}, return_tensors="pt")
        states = self.model(**inputs).last_hidden_state
        mask = inputs["attention_mask"].unsqueeze(-1).float()
        value = sup_con(F.normalize((states * mask).sum(1) / mask.sum(1), dim=1), labels[rows])
        value.backward()
        return value.item()


class CachedPairs:
    def __init__(self):
        from sentence_transformers import SentenceTransformer
        from sentence_transformers.losses import CachedMultipleNegativesRankingLoss

        def make():
            model = SentenceTransformer(plan["model"], device="cpu")
            return model, CachedMultipleNegativesRankingLoss(model, scale=1 / plan["temperature"], mini_batch_size=chunk)

        self.make = make
        model, _ = make()
        self.pad = model.tokenizer.pad
        self.tokens = model.tokenizer(plan["texts"], truncation=True, max_length=model.max_seq_length)["input_ids"]

    def start(self, dropout):
        self.model, self.loss = self.make()
        self.model.train(dropout)
        return [p for p in self.model.parameters() if p.requires_grad]

    # Each side is padded to its longest text, as the library's collator does; the loss cuts each mini-batch to its own longest.
    def backward(self, rows):
        sides = rows.chunk(2)
        features = [dict(self.pad({"input_ids": [self.tokens[row] for row in side.tolist()]}, return_tensors="pt")) for side in sides]
        value = self.loss(features, None)
        value.backward()
        return value.item()


def train(work, rates, dropout):
    weights = work.start(dropout)
    matrices, vectors = [w for w in weights if w.dim() >= 2], [w for w in weights if w.dim() < 2]
    groups = [{"params": group, "weight_decay": decay} for group, decay in ((matrices, 0.01), (vectors, 0.0)) if group]
    optimizer = torch.optim.AdamW(groups, lr=1e-4, fused=True)
    losses = []
    start = time.perf_counter()
    for rows, rate in zip(batches, rates):
        for group in optimizer.param_groups:
            group["lr"] = rate
        optimizer.zero_grad(set_to_none=True)
        losses.append(work.backward(rows))
        optimizer.step()
    elapsed = (time.perf_counter() - start) * 1000
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return {"trainingMs": elapsed, "compileMs": 0, "losses": losses, "peakMiB": peak}


try:
    work = CachedPairs() if kind == "pairs" else Encoder() if kind in ("all", "lora") else Head()
except Exception as error:
    print("@" + json.dumps({"error": repr(error)[:300]}), flush=True)
    sys.exit(1)
print("@" + json.dumps({"ready": torch.__version__}), flush=True)
for line in sys.stdin:
    request = json.loads(line)
    try:
        checking = request["command"] == "check"
        print("@" + json.dumps(train(work, request["rates"] if checking else plan["rates"], not checking)), flush=True)
    except Exception as error:
        print("@" + json.dumps({"error": repr(error)[:300]}), flush=True)
