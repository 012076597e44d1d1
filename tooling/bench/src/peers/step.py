# The same work in PyTorch: reads a line of JSON, works, answers with a line of JSON. Arguments: file of the case's description, folder, threads.
import json, resource, sys, time
import numpy as np
import torch
import torch.nn.functional as F

torch.set_num_threads(int(sys.argv[3]))
cases = {one["name"]: one for one in json.load(open(sys.argv[1]))["cases"]}
size = json.load(open(sys.argv[1]))["size"]
folder = sys.argv[2]


def dense(x, w, name):
    return F.linear(x, w[name].t(), w[name + "Bias"]) if w[name].dim() == 2 else None


def head(x, w):
    return F.normalize(dense(dense(x, w, "value") * torch.sigmoid(dense(x, w, "gate")), w, "out"), dim=1)


def in_batch_softmax(e, pairs):
    logits = e[:pairs] @ e[pairs:].t() * 20
    return F.cross_entropy(logits, torch.arange(pairs))


def sup_con(e, similar, others):
    logits = e @ e.t() / 0.1
    every = torch.logsumexp(logits.masked_fill(~others, float("-inf")), 1)
    return (every - (logits * similar).sum(1) / similar.sum(1)).mean()


def transformer(x, w):
    n, t, width, heads = size["sentences"], size["tokens"], size["width"], size["heads"]
    split = lambda y: y.view(n, t, heads, width // heads).transpose(1, 2)
    x = x.reshape(n * t, width)
    for l in range(size["layers"]):
        def projected(name):
            y = dense(x, w, f"{l}.{name}")
            a = w.get(f"{l}.{name}A")
            return y if a is None else y + (x @ a) @ w[f"{l}.{name}B"] * 2
        a = F.scaled_dot_product_attention(split(projected("query")), split(projected("key")), split(projected("value")))
        a = a.transpose(1, 2).reshape(n * t, width)
        x = F.layer_norm(x + dense(a, w, f"{l}.attended"), (width,), w[f"{l}.norm1"], w[f"{l}.norm1Bias"], 1e-12)
        h = dense(F.gelu(dense(x, w, f"{l}.up")), w, f"{l}.down")
        x = F.layer_norm(x + h, (width,), w[f"{l}.norm2"], w[f"{l}.norm2Bias"], 1e-12)
    return F.normalize(x.view(n, t, width).mean(1), dim=1)


state = {}


def prepare(request):
    one = cases[request["case"]]
    data = np.fromfile(f"{folder}/{one['name']}.f32", dtype=np.float32)
    at, arrays = 0, {}
    for name, spec in {**one["inputs"], **one["weights"], **one["frozen"]}.items():
        count = int(np.prod(spec["shape"]))
        arrays[name] = torch.from_numpy(data[at : at + count].copy()).view(spec["shape"])
        at += count
    # PyTorch keeps the matrices of its layers transposed, [out, in].
    for name in {**one["weights"], **one["frozen"]}:
        if arrays[name].dim() == 2 and not name.endswith(("A", "B")):
            arrays[name] = arrays[name].t().contiguous().t()
    trained = [arrays[name].detach() for name in one["weights"]]
    leaves = {name: arrays[name].detach().requires_grad_(True) for name in one["weights"]}
    w = {**{name: arrays[name] for name in one["frozen"]}, **leaves}
    x = next(arrays[name] for name in one["inputs"])
    optimizer = None
    if one["optimizer"] == "adam":
        optimizer = torch.optim.Adam(leaves.values(), lr=1e-4, fused=True)
    if one["optimizer"] == "adamW":
        matrices = [v for v in leaves.values() if v.dim() >= 2]
        vectors = [v for v in leaves.values() if v.dim() < 2]
        groups = [{"params": matrices, "weight_decay": 0.01}] + ([{"params": vectors, "weight_decay": 0.0}] if vectors else [])
        optimizer = torch.optim.AdamW(groups, lr=1e-4, fused=True)
    if one["program"] == "supCon":
        rows = x.shape[0]
        labels = torch.arange(rows) % 256
        others = ~torch.eye(rows, dtype=torch.bool)
        similar = ((labels[:, None] == labels[None]) & others).float()
        loss = lambda: sup_con(head(x, w), similar, others)
    elif one["program"] == "head":
        loss = lambda: in_batch_softmax(head(x, w), 512)
    else:
        loss = lambda: in_batch_softmax(transformer(x, w), size["sentences"] // 2)

    def step():
        if optimizer is None:
            with torch.inference_mode():
                return loss().item()
        optimizer.zero_grad(set_to_none=True)
        value = loss()
        value.backward()
        optimizer.step()
        return value.item()

    state["step"] = step
    start = time.perf_counter()
    losses = [step()]
    first = (time.perf_counter() - start) * 1000
    return {"losses": losses + [step(), step()], "firstMs": first}


def timed(work, count):
    times = []
    for _ in range(count):
        start = time.perf_counter()
        work()
        times.append((time.perf_counter() - start) * 1000)
    return times


def steps(request):
    times = timed(state["step"], request["count"])
    return {"times": times, "peakMiB": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024}


def products(request):
    made = {}

    def operand(batch, rows, columns):
        shape = (rows, columns) if batch == 1 else (batch, rows, columns)
        return made.setdefault(shape, torch.randn(shape))

    pairs = []
    for p in cases[request["case"]]["products"]:
        a = operand(p["batch"], p["k"], p["m"]).mT if p["transposeA"] else operand(p["batch"], p["m"], p["k"])
        b = operand(p["batch"], p["n"], p["k"]).mT if p["transposeB"] else operand(p["batch"], p["k"], p["n"])
        out = torch.empty((p["m"], p["n"]) if p["batch"] == 1 else (p["batch"], p["m"], p["n"]))
        pairs.append((a, b, out))

    def run():
        for a, b, out in pairs:
            torch.matmul(a, b, out=out)

    run()
    return {"times": timed(run, request["count"])}


print("@" + json.dumps({"ready": torch.__version__}), flush=True)
for line in sys.stdin:
    request = json.loads(line)
    try:
        print("@" + json.dumps({"prepare": prepare, "steps": steps, "products": products}[request["command"]](request)), flush=True)
    except Exception as error:
        print("@" + json.dumps({"error": repr(error)}), flush=True)
