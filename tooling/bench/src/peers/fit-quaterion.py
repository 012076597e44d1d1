# The head of a plan trained by Quaterion (Python) on Lightning, its embeddings in Quaterion's own cache: reads a line of JSON, works, answers with a line of
# JSON. Arguments: folder of the plan, threads. Quaterion 0.1.35 wants Python 3.10, torch 2.0 and pytorch-lightning 1.9.
import json, logging, math, os, resource, sys, time, warnings

warnings.filterwarnings("ignore")
import numpy as np
import torch

folder = sys.argv[1]
torch.set_num_threads(int(sys.argv[2]))
try:
    import pytorch_lightning as pl
    from loguru import logger
    from quaterion import Quaterion, TrainableModel
    from quaterion.dataset import GroupSimilarityDataLoader, SimilarityGroupSample
    from quaterion.loss import TripletLoss
    from quaterion.train.cache import CacheConfig, CacheType
    from quaterion_models.encoders import Encoder
    from quaterion_models.heads import EncoderHead
except Exception as error:
    print("@" + json.dumps({"error": repr(error)[:300]}), flush=True)
    sys.exit(1)
logging.getLogger("pytorch_lightning").setLevel(logging.ERROR)
logger.remove()

plan = json.load(open(f"{folder}/plan.json"))
dim, labels, batches = plan["dim"], plan["labels"], plan["batches"]
vectors = torch.from_numpy(np.fromfile(f"{folder}/vectors.f32", dtype=np.float32)).view(-1, dim)
margin = 0.5


class Vectors(Encoder):
    @property
    def trainable(self):
        return False

    @property
    def embedding_size(self):
        return dim

    def get_collate_fn(self):
        return lambda rows: torch.tensor(rows)

    def forward(self, rows):
        return vectors[rows]

    def save(self, path):
        pass

    @classmethod
    def load(cls, path):
        return cls()


class Linear(EncoderHead):
    def __init__(self, size):
        super().__init__(size)
        self.layer = torch.nn.Linear(size, size)
        with torch.no_grad():
            self.layer.weight.copy_(torch.eye(size))
            self.layer.bias.zero_()

    @property
    def output_size(self):
        return dim

    def transform(self, rows):
        return self.layer(rows)


class Model(TrainableModel):
    def __init__(self, rates):
        self.rates = rates
        super().__init__()

    def configure_encoders(self):
        return Vectors()

    def configure_head(self, input_embedding_size):
        return Linear(input_embedding_size)

    def configure_caches(self):
        return CacheConfig(CacheType.CPU, batch_size=1024)

    def configure_loss(self):
        return TripletLoss(margin=margin, mining="hard")

    def configure_optimizers(self):
        groups = [{"params": [w for w in self.model.parameters() if w.requires_grad and (w.dim() < 2) == vector], "weight_decay": decay} for vector, decay in ((False, 0.01), (True, 0.0))]
        return torch.optim.AdamW(groups, lr=self.rates[0])


class Watch(pl.Callback):
    """Times the steps with their batches, sets the plan's rates, and keeps the losses."""

    def __init__(self):
        self.losses = []

    def on_train_start(self, trainer, model):
        self.start = time.perf_counter()

    def on_train_batch_start(self, trainer, model, batch, batch_idx):
        for group in trainer.optimizers[0].param_groups:
            group["lr"] = model.rates[len(self.losses)]

    def on_train_batch_end(self, trainer, model, outputs, batch, batch_idx):
        self.losses.append(outputs["loss"].item())
        self.end = time.perf_counter()


class Rows:
    """The plan's batches, an epoch's at a time."""

    def __init__(self, size):
        self.size, self.at = size, 0

    def __len__(self):
        return self.size * len(batches[0])

    def __iter__(self):
        rows = [row for batch in batches[self.at : self.at + self.size] for row in batch]
        self.at += self.size
        return iter(rows)


def train(rates):
    epochs = 10 if len(rates) % 10 == 0 else 1
    samples = [SimilarityGroupSample(obj=row, group=label) for row, label in enumerate(labels)]
    loader = GroupSimilarityDataLoader(samples, batch_size=len(batches[0]), sampler=Rows(len(rates) // epochs), drop_last=True)
    watch = Watch()
    quiet = dict(logger=False, enable_checkpointing=False, enable_progress_bar=False, enable_model_summary=False)
    trainer = pl.Trainer(max_epochs=epochs, callbacks=[watch], accelerator="cpu", **quiet)
    Quaterion.fit(trainable_model=Model(rates), trainer=trainer, train_dataloader=loader)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return {"trainingMs": (watch.end - watch.start) * 1000, "compileMs": 0, "losses": watch.losses, "peakMiB": peak}


def first_loss():
    """What Quaterion's own batch-hard loss is at the first batch, by its formula: its distances are half of ours, and it divides by their mean."""
    rows = torch.tensor(batches[0])
    given = torch.tensor(labels)[rows]
    unit = torch.nn.functional.normalize(vectors[rows], dim=1)
    distances, same = (1 - unit @ unit.t()) / 2, given[:, None] == given[None]
    farthest = (distances * (same & ~torch.eye(len(rows), dtype=torch.bool))).amax(1)
    nearest = distances.masked_fill(same, 1e9).amin(1)
    return torch.relu((farthest - nearest) / nearest.mean() + margin).mean().item()


print("@" + json.dumps({"ready": torch.__version__}), flush=True)
for line in sys.stdin:
    request = json.loads(line)
    try:
        checking = request["command"] == "check"
        done = train(request["rates"] if checking else plan["rates"])
        expected = first_loss()
        if not math.isclose(done["losses"][0], expected, rel_tol=5e-3):
            raise ValueError(f"its first loss is {done['losses'][0]}, its formula on the plan's first batch gives {expected}")
        print("@" + json.dumps(done), flush=True)
    except Exception as error:
        print("@" + json.dumps({"error": repr(error)[:300]}), flush=True)
