# The same losses in pytorch-metric-learning and sentence-transformers: reads a line of JSON, works, answers with a line of JSON.
# Arguments: folder of the numbers, threads, samples of a class, most memory in GiB.
import json, resource, sys, time, warnings
import numpy as np
import torch

warnings.filterwarnings("ignore")
folder, samples = sys.argv[1], int(sys.argv[3])
torch.set_num_threads(int(sys.argv[2]))
limit = int(float(sys.argv[4]) * 2**30)
resource.setrlimit(resource.RLIMIT_AS, (limit, limit))


def matrix(name, rows, columns):
    data = np.fromfile(f"{folder}/{name}.f32", dtype=np.float32, count=rows * columns)
    return torch.from_numpy(data).view(rows, columns)


# By our name: the peer's loss of `classes` classes of width `dim`, called on embeddings and labels.
def metric_learning(name, classes, dim):
    from pytorch_metric_learning import distances, losses, miners

    cosine = distances.CosineSimilarity()
    made = {
        "contrastive": lambda: losses.ContrastiveLoss(pos_margin=1, neg_margin=0.5, distance=cosine),
        "signalToNoiseContrastive": lambda: losses.SignalToNoiseRatioContrastiveLoss(),
        "tripletMargin": lambda: losses.TripletMarginLoss(margin=0.5, distance=cosine),
        "tripletMargin(hard)": lambda: losses.TripletMarginLoss(margin=0.5, distance=cosine),
        "marginLoss": lambda: losses.MarginLoss(learn_beta=True),
        "classMarginLoss": lambda: losses.MarginLoss(learn_beta=True, num_classes=classes),
        "rankedList": lambda: losses.RankedListLoss(margin=0.4, Tn=1),
        "liftedStructure": lambda: losses.LiftedStructureLoss(),
        "generalizedLiftedStructure": lambda: losses.GeneralizedLiftedStructureLoss(),
        "tupletMargin": lambda: losses.TupletMarginLoss(),
        "intraPairVariance": lambda: losses.IntraPairVarianceLoss(),
        "angular": lambda: losses.AngularLoss(),
        "dynamicSoftMargin(every)": lambda: losses.DynamicSoftMarginLoss(),
        "thresholdConsistentMargin": lambda: losses.ThresholdConsistentMarginLoss(),
        "histogram": lambda: losses.HistogramLoss(n_bins=100),
        "manifold": lambda: losses.ManifoldLoss(l=dim, K=classes),
        "supervisedContrastive": lambda: losses.SupConLoss(),
        "nTXent": lambda: losses.NTXentLoss(),
        "nPairs": lambda: losses.NPairsLoss(),
        "multiSimilarity": lambda: losses.MultiSimilarityLoss(),
        "circle": lambda: losses.CircleLoss(),
        "nca": lambda: losses.NCALoss(),
        "softNearestNeighbor": lambda: losses.NCALoss(softmax_scale=10),
        "fastAP": lambda: losses.FastAPLoss(),
        "smoothAP": lambda: losses.SmoothAPLoss(),
        "pnp": lambda: losses.PNPLoss(),
        "normalizedSoftmax": lambda: losses.NormalizedSoftmaxLoss(classes, dim),
        "arcFace": lambda: losses.ArcFaceLoss(classes, dim),
        "subCenterArcFace": lambda: losses.SubCenterArcFaceLoss(num_classes=classes, embedding_size=dim),
        "cosFace": lambda: losses.CosFaceLoss(num_classes=classes, embedding_size=dim),
        "sphereFace": lambda: losses.SphereFaceLoss(classes, dim),
        "largeMarginSoftmax": lambda: losses.LargeMarginSoftmaxLoss(classes, dim),
        "p2sGrad": lambda: losses.P2SGradLoss(dim, classes),
        "softTriple": lambda: losses.SoftTripleLoss(classes, dim),
        "proxyAnchor": lambda: losses.ProxyAnchorLoss(classes, dim),
        "proxyNCA": lambda: losses.ProxyNCALoss(classes, dim),
        "instance": lambda: losses.InstanceLoss(),
    }.get(name)
    if made is None:
        return None
    loss = made()
    miner = miners.BatchHardMiner(distance=cosine) if name == "tripletMargin(hard)" else None

    def value(given, labels):
        if name == "manifold":
            return loss(given["a"], indices_tuple=labels)
        return loss(given["a"], labels, miner(given["a"], labels)) if miner else loss(given["a"], labels)

    if name == "dynamicSoftMargin(every)":  # its histogram of earlier steps holds on to their graphs
        value = lambda given, labels: (setattr(loss, "hist_", torch.zeros(loss.num_bins)), loss(given["a"], labels))[1]
    if name == "nPairs":  # it takes one pair of each label
        twice = lambda rows: torch.arange(rows).repeat(2)
        value = lambda given, labels: loss(torch.cat([given["a"], given["b"]]), twice(len(labels)))
    if name == "instance":  # its classifier is outside of it
        weights = torch.nn.Parameter(torch.randn(classes, dim))
        value = lambda given, labels: loss(torch.nn.functional.normalize(given["a"]) @ torch.nn.functional.normalize(weights).T, labels)
    return value, list(loss.parameters()), "pytorch-metric-learning"


class Given(torch.nn.Module):
    device = "cpu"

    def forward(self, features):
        return features


def sentence_transformers(name, rows, dim):
    names = {
        "multipleNegativesRanking": "MultipleNegativesRankingLoss",
        "guidedNegatives": "GISTEmbedLoss",
        "megaBatchMargin": "MegaBatchMarginLoss",
        "coSENT": "CoSENTLoss",
        "anglE": "AnglELoss",
        "cosineSimilarity": "CosineSimilarityLoss",
        "marginMSE": "MarginMSELoss",
        "distillKL": "DistillKLDivLoss",
        "embeddingDistillation": "EmbedDistillLoss",
        "meanSquaredError": "EmbedDistillLoss",
        "pairClassification": "SoftmaxLoss",
        "matryoshka(supervisedContrastive)": None,
    }
    if names.get(name) is None:
        return None
    try:
        from sentence_transformers.sentence_transformer import losses
    except ImportError:
        from sentence_transformers import losses

    make = getattr(losses, names[name])
    scores = (torch.arange(rows) % 11) / 10
    column = lambda rows: {"sentence_embedding": rows}
    library = "sentence-transformers"
    if name == "guidedNegatives":
        loss = make.__new__(make)
        torch.nn.Module.__init__(loss)
        guide = [matrix("c", rows, dim), matrix("d", rows, dim)]
        loss.model, loss.temperature, loss.margin, loss.margin_strategy = Given(), 0.01, 0.0, "absolute"
        loss.contrast_anchors = loss.contrast_positives = True
        loss.gather_across_devices = loss.must_retokenize = False
        loss.similarity_fct, loss.cross_entropy_loss = torch.nn.CosineSimilarity(dim=-1), torch.nn.CrossEntropyLoss()

        class Guide(torch.nn.Module):
            def forward(self, features):
                return column(guide[features["which"]])

        loss.guide = Guide()
        return lambda given, labels: loss([{**column(given["a"]), "which": 0}, {**column(given["b"]), "which": 1}], None), [], library
    if name == "megaBatchMargin":
        loss = make(Given(), use_mini_batched_version=False)
        return lambda given, labels: loss([column(given["a"]), column(given["b"])], None), [], library
    if name == "pairClassification":
        loss = make(Given(), dim, rows // samples)
        return lambda given, labels: loss([column(given["a"]), column(given["b"])], labels), list(loss.parameters()), library
    options = {"distance_metric": "mse"} if name == "meanSquaredError" else {}
    loss = make(Given(), **options)
    if name in ("marginMSE", "distillKL"):
        taught = matrix("c", rows, 2)
        labels_of = taught[:, 0] - taught[:, 1] if name == "marginMSE" else taught
        return lambda given, labels: loss.compute_loss_from_embeddings([given["a"], given["b"], given["c"]], labels_of), [], library
    if name in ("embeddingDistillation", "meanSquaredError"):
        teacher = torch.stack([matrix("c", rows, dim), matrix("d", rows, dim)])
        return lambda given, labels: loss.compute_loss_from_embeddings([given["a"], given["b"]], teacher), [], library
    return lambda given, labels: loss.compute_loss_from_embeddings([given["a"], given["b"]], scores), [], library


state = {}


def prepare(request):
    name, rows, dim = request["name"], request["size"]["rows"], request["size"]["dim"]
    classes = rows // samples
    found = metric_learning(name, classes, dim)
    if found is None:
        found = sentence_transformers(name, rows, dim)
    if found is None and name == "vicReg":
        from pytorch_metric_learning.losses import VICRegLoss

        vicreg = VICRegLoss()
        found = (lambda given, labels: vicreg(given["a"], ref_emb=given["b"])), [], "pytorch-metric-learning"
    if found is None:
        return {"none": True}
    value, parameters, library = found
    weights = max((p for p in parameters if p.dim() == 2), key=lambda p: p.numel(), default=None)
    if weights is not None:  # the class vectors, of which some keep them [dim, classes]
        with torch.no_grad():
            transposed = weights.shape[0] == dim and weights.shape[1] != dim
            numbers = matrix("weights", max(weights.shape), dim)[: weights.numel() // dim]
            weights.copy_(numbers.T if transposed else numbers) if weights.numel() % dim == 0 and dim in weights.shape else None
    given = {each: matrix(each, rows, dim).requires_grad_(True) for each in "abc"}
    labels = torch.arange(rows) % classes

    def step():
        for each in [*given.values(), *parameters]:
            each.grad = None
        loss = value(given, labels)
        loss.backward()
        return loss.item()

    state["step"] = step
    start = time.perf_counter()
    loss = step()
    first = (time.perf_counter() - start) * 1000
    if first < 5000:
        step()
    return {"loss": loss, "firstMs": first, "library": library}


def steps(request):
    times = []
    for _ in range(request["count"]):
        start = time.perf_counter()
        state["step"]()
        times.append((time.perf_counter() - start) * 1000)
    return {"times": times, "peakMiB": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024}


for line in sys.stdin:
    request = json.loads(line)
    try:
        print("@" + json.dumps({"prepare": prepare, "steps": steps}[request["command"]](request)), flush=True)
    except BaseException as error:
        print("@" + json.dumps({"error": repr(error)[:300]}), flush=True)
