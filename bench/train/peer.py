"""The peer of the training benchmark: the same Llama, data and optimizer in PyTorch's eager mode.

`python peer.py FOLDER DEVICE` reads workload.json and the weights beside it, onto `cpu` or `cuda`. It then takes as many steps as each line
of standard input says, and answers each with a line of JSON. Attention is PyTorch's fused
scaled_dot_product_attention, the optimizer its fused AdamW; bf16 is autocast over f32 master weights, as
the original trains; with LoRA the frozen weights are held in the compute dtype.
"""

import json
import pathlib
import sys
import time

import torch
import torch.nn.functional as F
from safetensors.torch import load_file

DTYPES = {"f32": torch.float32, "bf16": torch.bfloat16}


class Llama:
    def __init__(self, folder, workload, device):
        self.device = device
        self.config = workload["config"]
        self.lora = workload["lora"]
        self.dtype = DTYPES[workload["settings"]["precision"]]
        self.weights = load_file(folder / "model" / "model.safetensors", device)
        trained = self.weights
        if self.lora:
            for name, weight in self.weights.items():
                if weight.dim() > 1:
                    self.weights[name] = weight.to(self.dtype)
            trained = load_file(folder / "adapter.safetensors", device)
            self.weights = {**self.weights, **trained}
        self.trained = list(trained.values())
        for weight in self.trained:
            weight.requires_grad_()
        self.cos, self.sin = self.rotations(len(workload["batches"][0][0]["inputIds"]) - 1)

    def rotations(self, length):
        size = self.config["headSize"]
        frequencies = self.config["ropeTheta"] ** (-torch.arange(0, size, 2).double() / size)
        angles = torch.arange(length).double()[:, None] * frequencies
        angles = torch.cat([angles, angles], dim=1).to(self.device)
        return angles.cos().to(self.dtype), angles.sin().to(self.dtype)

    def linear(self, x, name):
        y = F.linear(x, self.weights[name + ".weight"])
        a = self.weights.get(name + ".lora_A.weight")
        if a is None:
            return y
        b = self.weights[name + ".lora_B.weight"]
        return y + F.linear(F.linear(x, a), b) * (self.lora["alpha"] / self.lora["rank"])

    def norm(self, x, name):
        weight = self.weights[name + ".weight"]
        return F.rms_norm(x, weight.shape, weight, self.config["normEpsilon"])

    def rotate(self, x):
        first, second = x.chunk(2, dim=-1)
        return x * self.cos + torch.cat([-second, first], dim=-1) * self.sin

    def attention(self, x, name):
        rows, length, _ = x.shape
        query, key, value = (
            self.linear(x, f"{name}.{part}_proj").view(rows, length, -1, self.config["headSize"]).transpose(1, 2)
            for part in "qkv"
        )
        mixed = F.scaled_dot_product_attention(
            self.rotate(query),
            self.rotate(key),
            value,
            is_causal=True,
            enable_gqa=self.config["keyValueHeads"] != self.config["heads"],
        )
        return self.linear(mixed.transpose(1, 2).reshape(rows, length, -1), f"{name}.o_proj")

    def feed_forward(self, x, name):
        gated = F.silu(self.linear(x, f"{name}.gate_proj")) * self.linear(x, f"{name}.up_proj")
        return self.linear(gated, f"{name}.down_proj")

    def loss(self, ids, labels):
        """The mean cross-entropy of the labels that are not masked."""
        x = F.embedding(ids, self.weights["model.embed_tokens.weight"]).float()
        for layer in range(self.config["layers"]):
            name = f"model.layers.{layer}"
            x = x + self.attention(self.norm(x, f"{name}.input_layernorm"), f"{name}.self_attn")
            x = x + self.feed_forward(self.norm(x, f"{name}.post_attention_layernorm"), f"{name}.mlp")
        # Embeddings that are tied are the last matrix too.
        head = self.weights.get("lm_head.weight", self.weights["model.embed_tokens.weight"])
        logits = F.linear(self.norm(x, "model.norm"), head)
        return F.cross_entropy(logits.float().flatten(0, 1), labels.flatten(), ignore_index=-100)


class Trainer:
    def __init__(self, folder, device):
        self.device = device
        workload = json.loads((folder / "workload.json").read_text())
        settings = workload["settings"]
        self.model = Llama(folder, workload, device)
        matrices = [weight for weight in self.model.trained if weight.dim() > 1]
        others = [weight for weight in self.model.trained if weight.dim() <= 1]
        groups = [
            dict(params=matrices, weight_decay=settings["weightDecay"]),
            dict(params=others, weight_decay=0.0),
        ]
        groups = [group for group in groups if group["params"]]
        self.optimizer = torch.optim.AdamW(groups, lr=settings["learningRate"], fused=True)
        self.clip_norm = settings["clipNorm"]
        self.bf16 = settings["precision"] == "bf16"
        self.batches = [
            (
                torch.tensor([row["inputIds"][:-1] for row in batch], device=device),
                torch.tensor([row["labels"][1:] for row in batch], device=device),
            )
            for batch in workload["batches"]
        ]
        self.step = 0

    def run_step(self):
        ids, labels = self.batches[self.step % len(self.batches)]
        with torch.autocast(self.device, torch.bfloat16, enabled=self.bf16):
            loss = self.model.loss(ids, labels)
        loss.backward()
        norm = torch.nn.utils.clip_grad_norm_(self.model.trained, self.clip_norm)
        value = loss.item()
        if not (torch.isfinite(loss) and torch.isfinite(norm)):
            raise SystemExit(f"step {self.step} diverged: loss {value}, gradient norm {norm.item()}")
        self.optimizer.step()
        self.optimizer.zero_grad(set_to_none=True)
        self.step += 1
        return value


def peak_mebibytes():
    for line in pathlib.Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) / 1024
    return 0


def device_mebibytes(device):
    return {"deviceMiB": torch.cuda.max_memory_reserved() / 2**20} if device == "cuda" else {}


def answer(value):
    print(json.dumps(value), flush=True)


folder, device = sys.argv[1:]
trainer = Trainer(pathlib.Path(folder), device)
answer({"name": f"PyTorch {torch.__version__} on {device}"})
for line in sys.stdin:
    started = time.perf_counter()
    losses = [trainer.run_step() for _ in range(int(line))]
    seconds = time.perf_counter() - started
    answer({"seconds": seconds, "losses": losses, "peakMiB": peak_mebibytes(), **device_mebibytes(device)})
