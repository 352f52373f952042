"""Trains a Llama as `../trainer.ts` does, in PyTorch, on as many processes as torchrun starts (FSDP2).

`torchrun ... train.py REQUEST.json`. The request is `TorchRequest` of request.ts: folders and files to read, the learning rate of
every step, and where to go on. The batch plan is the same, so are tokens, order, losses and updates: what a step learns
from does not depend on how many processes there are, on one machine or on several, each with a request of its own folders.
Rank 0 says how it goes in lines of JSON on standard output.

In reading order: the model, its weights from and to files, the batches, the trainer, the loop at the end.
"""

import json
import math
import os
import pathlib
import resource
import select
import shutil
import sys
import threading
import time
from functools import partial

import pyarrow.parquet
import torch
import torch.distributed as dist
import torch.distributed.checkpoint as dcp
import torch.nn.functional as F
from safetensors import safe_open
from torch import nn
from torch.distributed.checkpoint.state_dict import get_optimizer_state_dict, set_optimizer_state_dict
from torch.distributed.elastic.multiprocessing.errors import record
from torch.distributed.fsdp import MixedPrecisionPolicy, fully_shard
from torch.utils.checkpoint import checkpoint as recomputed

IGNORED = -100
WEIGHTS, MOMENTS = "weights.safetensors", "moments"
PIECE = 1 << 26


# The model: parameters have Hugging Face's names, so files need no translation. ---------------------------------------


class Projection(nn.Module):
    """y = x W^T + b, and with an adapter scale dropout(x) A^T B^T beside it."""

    def __init__(self, inputs, outputs, bias, adapter=None, dropout=0):
        super().__init__()
        self.weight = nn.Parameter(torch.empty(outputs, inputs))
        self.bias = nn.Parameter(torch.empty(outputs)) if bias else None
        self.adapter, self.dropout = adapter, dropout
        if adapter:
            self.lora_A = Projection(inputs, adapter["rank"], False)
            self.lora_B = Projection(adapter["rank"], outputs, False)

    def forward(self, x):
        y = F.linear(x, self.weight, self.bias)
        if not self.adapter:
            return y
        dropped = F.dropout(x, self.dropout, self.training)
        return y + self.lora_B(self.lora_A(dropped)) * self.adapter["scale"]


def scaled(x, by):
    return x if by == 1 else x * by


class Norm(nn.Module):
    def __init__(self, size, epsilon):
        super().__init__()
        self.weight = nn.Parameter(torch.empty(size))
        self.epsilon = epsilon

    def forward(self, x):
        return F.rms_norm(x, self.weight.shape, self.weight, self.epsilon)


class Attention(nn.Module):
    def __init__(self, config, layer, project):
        super().__init__()
        size, self.size = config["hiddenSize"], config["headSize"]
        self.grouped = config["heads"] != config["keyValueHeads"]
        queries, keys = config["heads"] * self.size, config["keyValueHeads"] * self.size
        self.q_proj = project("q_proj", size, queries, config["attentionBias"])
        self.k_proj = project("k_proj", size, keys, config["attentionBias"])
        self.v_proj = project("v_proj", size, keys, config["attentionBias"])
        self.o_proj = project("o_proj", queries, size, config["attentionOutputBias"])
        self.normed, self.turns = config["queryKeyNorm"], layer not in config["unturnedLayers"]
        if self.normed:
            of_head = self.normed == "head"
            self.q_norm = Norm(self.size if of_head else queries, config["normEpsilon"])
            self.k_norm = Norm(self.size if of_head else keys, config["normEpsilon"])
        self.scale = config["attentionMultiplier"]
        self.is_windowed = config["window"] is not None and layer in config["window"]["layers"]

    def forward(self, x, cos, sin, mask, window):
        rows, length, _ = x.shape
        mask = window if self.is_windowed else mask

        def heads(y):
            return y.view(rows, length, -1, self.size).transpose(1, 2)

        def normed(y, norm):
            if not self.normed:
                return heads(y)
            return norm(heads(y)) if self.normed == "head" else heads(norm(y))

        def turned(y):
            if not self.turns:
                return y
            first, second = y.chunk(2, dim=-1)
            return y * cos + torch.cat([-second, first], dim=-1) * sin

        query = turned(normed(self.q_proj(x), self.normed and self.q_norm))
        key = turned(normed(self.k_proj(x), self.normed and self.k_norm))
        mixed = F.scaled_dot_product_attention(
            query,
            key,
            heads(self.v_proj(x)),
            attn_mask=mask,
            is_causal=mask is None,
            scale=self.scale,
            enable_gqa=self.grouped,
        )
        return self.o_proj(mixed.transpose(1, 2).reshape(rows, length, -1))


class FeedForward(nn.Module):
    def __init__(self, config, project):
        super().__init__()
        size, wide, bias = config["hiddenSize"], config["intermediateSize"], config["mlpBias"]
        self.gate_proj = project("gate_proj", size, wide, bias)
        self.up_proj = project("up_proj", size, wide, bias)
        self.down_proj = project("down_proj", wide, size, bias)

    def forward(self, x):
        return self.down_proj(F.silu(self.gate_proj(x)) * self.up_proj(x))


class Layer(nn.Module):
    def __init__(self, config, layer, project, recomputes):
        super().__init__()
        self.norms_after, self.multiplier = config["normsAfter"], config["residualMultiplier"]
        places = ["input_layernorm", "post_attention_layernorm", "post_feedforward_layernorm"]
        self.names = places[1:] if self.norms_after else places[:2]
        self.add_module(self.names[0], Norm(config["hiddenSize"], config["normEpsilon"]))
        self.self_attn = Attention(config, layer, partial(project, f"model.layers.{layer}.self_attn"))
        self.add_module(self.names[1], Norm(config["hiddenSize"], config["normEpsilon"]))
        self.mlp = FeedForward(config, partial(project, f"model.layers.{layer}.mlp"))
        self.recomputes = recomputes

    def forward(self, *inputs):
        if self.recomputes and torch.is_grad_enabled():
            return recomputed(self.compute, *inputs, use_reentrant=False)
        return self.compute(*inputs)

    def compute(self, x, *positions):
        for name, inner, taken in ((self.names[0], self.self_attn, positions), (self.names[1], self.mlp, ())):
            norm = getattr(self, name)
            y = norm(inner(x, *taken)) if self.norms_after else inner(norm(x), *taken)
            x = x + scaled(y, self.multiplier)
        return x


class TokenRows(nn.Module):
    """A matrix of one row a token; with LoRA the rows of added tokens are trained beside it, in its place."""

    def __init__(self, config, added):
        super().__init__()
        self.weight = nn.Parameter(torch.empty(config["vocabSize"], config["hiddenSize"]))
        self.added_rows = nn.Parameter(torch.empty(len(added), config["hiddenSize"])) if added else None


class Decoder(nn.Module):
    def __init__(self, config, lora, project, recomputes):
        super().__init__()
        self.embed_tokens = TokenRows(config, lora and lora["trainedTokens"])
        self.layers = nn.ModuleList(Layer(config, layer, project, recomputes) for layer in range(config["layers"]))
        self.norm = Norm(config["hiddenSize"], config["normEpsilon"])


class Llama(nn.Module):
    def __init__(self, config, lora, adapters, recomputes):
        super().__init__()

        def project(part, name, inputs, outputs, bias):
            return Projection(inputs, outputs, bias, adapters.get(f"{part}.{name}"), lora and lora["dropout"])

        self.model = Decoder(config, lora, project, recomputes)
        self.lm_head = None if config["tieEmbeddings"] else TokenRows(config, lora and lora["trainedTokens"])
        self.added = lora["trainedTokens"] if lora else []
        self.multiplier, self.divisor = config["embeddingMultiplier"], config["logitsDivisor"]

    def forward(self, batch, z_loss):
        """The summed negative log-likelihood of the batch's targets, and that with the z-loss."""
        x = self.embedded(batch["ids"])
        for layer in self.model.layers:
            x = layer(x, batch["cos"], batch["sin"], batch["mask"], batch["window"])
        logits = scaled(self.logits(self.model.norm(x)[batch["is_target"]]).float(), 1 / self.divisor)
        nll = F.cross_entropy(logits, batch["targets"], reduction="sum")
        return nll, nll + z_loss * logits.logsumexp(-1).square().sum() if z_loss else nll

    def embedded(self, ids):
        rows = self.model.embed_tokens
        x = F.embedding(ids, rows.weight)
        for place, token in enumerate(self.added):
            x = torch.where((ids == token)[..., None], rows.added_rows[place].to(x.dtype), x)
        return scaled(x, self.multiplier)

    def logits(self, x):
        rows = self.lm_head or self.model.embed_tokens
        logits = F.linear(x, rows.weight)
        if not self.added:
            return logits
        return logits.index_copy(1, torch.tensor(self.added, device=x.device), F.linear(x, rows.added_rows))


# Weights from files, each process its own part, and back into one. ------------------------------------------------


def sharded_model(request, device, dtype):
    """The model over all processes, with its weights; with LoRA all but the adapter is frozen, in the compute dtype."""
    config, lora, settings = request["config"], request["lora"], request["settings"]
    with torch.device("meta"):
        model = Llama(config, lora, request["adapters"], settings["activationCheckpointing"])
        if lora:
            for name, parameter in model.named_parameters():
                if "lora_" in name or "added_rows" in name:
                    continue
                parameter.requires_grad_(False)
                if parameter.dim() > 1:
                    parameter.data = parameter.data.to(dtype)
    mesh = dist.init_device_mesh(device.type, (dist.get_world_size(),))
    policy = MixedPrecisionPolicy(param_dtype=dtype, reduce_dtype=torch.float32)
    for layer in model.model.layers:
        fully_shard(layer, mesh=mesh, mp_policy=policy)
    fully_shard(model, mesh=mesh, mp_policy=policy)
    model.to_empty(device=device)
    first = [pathlib.Path(request["checkpoint"]) / WEIGHTS] if request["checkpoint"] else filter(None, [request["adapter"]])
    read_weights(model, [*first, *sorted(pathlib.Path(request["model"]).glob("*.safetensors"))])
    return model


@torch.no_grad()
def read_weights(model, files):
    """From the first file that has a tensor. A process reads the rows that it holds: FSDP cuts them into equal parts."""
    missing = dict(model.named_parameters())
    for file in files:
        with safe_open(file, "pt") as tensors:
            for name in tensors.keys():
                parameter = missing.pop(name, None)
                if parameter is None:
                    continue
                part = math.ceil(parameter.shape[0] / dist.get_world_size())
                start = min(dist.get_rank() * part, parameter.shape[0])
                rows = tensors.get_slice(name)[start : start + part]
                if rows.numel():
                    parameter.to_local().copy_(rows)
    if missing:
        raise SystemExit(f"The model folder lacks {', '.join(missing)}.")


def write_weights(path, model):
    """All that is trained, in f32, as one safetensors file: a tensor at a time, so no process holds them all."""
    trained = {name: parameter for name, parameter in model.named_parameters() if parameter.requires_grad}
    header, end = {"__metadata__": {"format": "pt"}}, 0
    for name, parameter in trained.items():
        begin, end = end, end + 4 * parameter.numel()
        header[name] = {"dtype": "F32", "shape": list(parameter.shape), "data_offsets": [begin, end]}
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    with open(path if dist.get_rank() == 0 else os.devnull, "wb") as file:
        file.write(len(text).to_bytes(8, "little") + text)
        for parameter in trained.values():
            whole = parameter.detach().full_tensor()
            if dist.get_rank() == 0:
                file.write(whole.float().cpu().contiguous().numpy().tobytes())


def bring_together(folder):
    """What processes of other machines have written of a folder goes to rank 0, whose machine puts it into the store."""
    for rank in range(int(os.environ["LOCAL_WORLD_SIZE"]), dist.get_world_size()):
        path = folder / f"__{rank}_0.distcp"
        if dist.get_rank() == rank:
            others = [file.name for file in folder.glob(f"__{rank}_*") if file != path]
            if others:
                raise RuntimeError(f"PyTorch wrote {', '.join(others)} beside {path.name}")
            data = path.open("rb") if path.exists() else open(os.devnull, "rb")
            with data:
                left = os.fstat(data.fileno()).st_size
                dist.send(torch.tensor(left), 0)
                while piece := bytearray(data.read(PIECE)):
                    dist.send(torch.frombuffer(piece, dtype=torch.uint8), 0)
        elif dist.get_rank() == 0:
            left = torch.tensor(0)
            dist.recv(left, rank)
            left = left.item()
            with open(path if left else os.devnull, "wb") as data:
                while left:
                    piece = torch.empty(min(left, PIECE), dtype=torch.uint8)
                    dist.recv(piece, rank)
                    data.write(piece.numpy().tobytes())
                    left -= len(piece)


# Batches, as activities/model/batch.ts lays them out. ------------------------------------------------------------


def read_rows(path):
    table = pyarrow.parquet.read_table(path, columns=["input_ids", "labels"])
    return list(zip(table["input_ids"].to_pylist(), table["labels"].to_pylist()))


def targets_of(row):
    return sum(label != IGNORED for label in row[1][1:])


class Batches:
    def __init__(self, request, device, dtype):
        self.device, self.dtype = device, dtype
        self.frequencies = torch.tensor(request["frequencies"], dtype=torch.float64)
        self.window = request["config"]["window"]

    def of(self, packed):
        """A batch of rows, each of one or more examples that do not see each other, padded on the right."""
        length = max(1, *(sum(len(ids) for ids, _ in row) for row in packed))
        shape = (len(packed), length)
        ids, labels = torch.zeros(shape, dtype=torch.long), torch.full(shape, IGNORED)
        positions, example = torch.zeros(shape, dtype=torch.long), torch.full(shape, -1)
        for place, row in enumerate(packed):
            start = 0
            for number, (tokens, wanted) in enumerate(row):
                end = start + len(tokens)
                ids[place, start:end] = torch.tensor(tokens)
                labels[place, start : end - 1] = torch.tensor(wanted[1:], dtype=torch.long)
                positions[place, start:end] = torch.arange(len(tokens))
                example[place, start:end] = number
                start = end
        angles = positions[..., None] * self.frequencies
        angles = torch.cat([angles, angles], dim=-1)[:, None]
        mask, window = None, None
        causal = torch.ones(length, length, dtype=torch.bool).tril()
        same = example[:, :, None] == example[:, None, :]
        if any(len(row) > 1 for row in packed):
            mask = (same & causal)[:, None].to(self.device)
        if self.window:
            window = (same & causal.triu(1 - self.window["tokens"]))[:, None].to(self.device)
        is_target = labels != IGNORED
        return {
            "ids": ids.to(self.device),
            "cos": angles.cos().to(self.device, self.dtype),
            "sin": angles.sin().to(self.device, self.dtype),
            "mask": mask,
            "window": window,
            "is_target": is_target.to(self.device),
            "targets": labels[is_target].to(self.device),
        }

    def nothing(self):
        """What a process computes that has no micro-batch while others do: all must take part in each exchange."""
        return self.of([[([0], [IGNORED])]])


# Training ---------------------------------------------------------------------------------------------------------


class Trainer:
    def __init__(self, request, device):
        self.request, self.settings, self.device = request, request["settings"], device
        self.rank, self.world = dist.get_rank(), dist.get_world_size()
        dtype = torch.bfloat16 if self.settings["precision"] == "bf16" else torch.float32
        self.rows = read_rows(request["tokens"])
        self.held_out = read_rows(request["heldOut"]) if request["heldOut"] else None
        self.plan = json.loads(pathlib.Path(request["plan"]).read_text())
        self.batches = Batches(request, device, dtype)
        self.model = sharded_model(request, device, dtype)
        self.trained = [parameter for parameter in self.model.parameters() if parameter.requires_grad]
        matrices = [parameter for parameter in self.trained if parameter.dim() > 1]
        others = [parameter for parameter in self.trained if parameter.dim() <= 1]
        groups = [
            {"params": matrices, "weight_decay": self.settings["weightDecay"]},
            {"params": others, "weight_decay": 0.0},
        ]
        self.optimizer = torch.optim.AdamW([group for group in groups if group["params"]], lr=0.0)
        self.step = request["step"]
        self.best = request["heldOutProgress"]["best"]
        self.without_improvement = request["heldOutProgress"]["withoutImprovement"]
        if request["checkpoint"]:
            self.load(request["checkpoint"])

    def run_step(self):
        """One update by the mean gradient over the targets of the global batch; None where it diverged."""
        started = time.perf_counter()
        planned = [[[self.rows[index] for index in indices(row)] for row in rows] for rows in self.plan["steps"][self.step]]
        counts = [sum(targets_of(example) for row in rows for example in row) for rows in planned]
        batches = [(rows, count) for rows, count in zip(planned, counts) if count > 0]
        targets = sum(counts)
        loss = torch.zeros((), dtype=torch.float64, device=self.device)
        self.model.train()
        for first in range(0, len(batches), self.world):
            mine = first + self.rank
            rows, count = batches[mine] if mine < len(batches) else (None, 0)
            weight = 1 / targets
            if self.settings["lossReduction"] != "mean" and count:
                weight = 1 / (len(batches) * count)
            # Dropout is a function of its place, so a step that is made again has the same.
            torch.manual_seed(((self.settings["runSeed"] * 1_000_003 + self.step) * 1_000_003 + mine) % 2**63)
            batch = self.batches.of(rows) if rows else self.batches.nothing()
            nll, objective = self.model(batch, self.settings["zLoss"])
            # FSDP takes the mean over the processes; wanted is the sum.
            (objective * (weight * self.world)).backward()
            loss += nll.detach().double() * weight
        dist.all_reduce(loss)
        norm = nn.utils.clip_grad_norm_(self.trained, self.settings["clipNorm"] or math.inf).full_tensor().item()
        loss = loss.item()
        if not (math.isfinite(loss) and math.isfinite(norm)):
            say({"kind": "diverged", "step": self.step, "loss": str(loss), "gradientNorm": str(norm)})
            return None
        rate = self.request["learningRates"][self.step]
        for group in self.optimizer.param_groups:
            group["lr"] = rate
        self.optimizer.step()
        self.optimizer.zero_grad(set_to_none=True)
        tokens = sum(len(ids) for rows in planned for row in rows for ids, _ in row)
        memory, peak = self.memory()
        metrics = {
            "step": self.step,
            "epoch": self.step // self.plan["stepsPerEpoch"],
            "loss": loss,
            "learningRate": rate,
            "gradientNorm": norm,
            "tokens": tokens,
            "targets": targets,
            "tokensPerSecond": tokens / (time.perf_counter() - started),
            "memoryBytes": memory,
            "peakMemoryBytes": peak,
            "tensors": 0,
            "heldOutLoss": None,
            "endedAt": time.time(),
        }
        self.step += 1
        return metrics

    def memory(self):
        """Of the process that takes most: of its device, or on a CPU what is resident."""
        if self.device.type == "cuda":
            figures = [torch.cuda.memory_reserved(), torch.cuda.max_memory_reserved()]
        else:
            pages = pathlib.Path("/proc/self/statm")
            peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)
            now = int(pages.read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") if pages.exists() else peak
            figures = [now, peak]
        figures = torch.tensor(figures, device=self.device)
        dist.all_reduce(figures, dist.ReduceOp.MAX)
        return figures.tolist()

    @torch.no_grad()
    def held_out_loss(self):
        self.model.eval()
        size = self.settings["microBatch"]
        ordered = sorted(self.held_out, key=lambda row: -len(row[0]))
        batches = [[[row] for row in ordered[start : start + size]] for start in range(0, len(ordered), size)]
        total = torch.zeros((), dtype=torch.float64, device=self.device)
        for first in range(0, len(batches), self.world):
            mine = first + self.rank
            batch = self.batches.of(batches[mine]) if mine < len(batches) else self.batches.nothing()
            total += self.model(batch, 0)[0].double()
        dist.all_reduce(total)
        return total.item() / sum(map(targets_of, self.held_out))

    def measure(self, metrics):
        """Counts as ../early-stopping.ts does. True where the loss is the lowest so far."""
        every = self.settings["evaluateEverySteps"]
        if self.held_out is None or (self.step % every and self.step != self.plan["totalSteps"]):
            return False
        loss = metrics["heldOutLoss"] = self.held_out_loss()
        bound = self.best["loss"] - self.settings["minimumImprovement"] if self.best else math.inf
        if loss < bound:
            self.best, self.without_improvement = {"step": self.step, "loss": loss}, 0
            return True
        self.without_improvement += 1
        return False

    def is_done(self):
        patience = self.settings["patience"]
        is_patient = patience is None or self.without_improvement < patience
        return self.step >= self.request["toStep"] or not is_patient

    def is_told_to_stop(self):
        """Any process may be; all must agree on the step."""
        told = torch.tensor(float(os.path.exists(self.request["stopFile"])), device=self.device)
        dist.all_reduce(told, dist.ReduceOp.MAX)
        return told.item() > 0

    def moments(self):
        return get_optimizer_state_dict(self.model, self.optimizer)

    def load(self, path):
        moments = self.moments()
        dcp.load(moments, checkpoint_id=pathlib.Path(path) / MOMENTS)
        set_optimizer_state_dict(self.model, self.optimizer, moments)

    def save(self, best):
        """A folder with the trained weights as one file, which the rest of a run reads too, and a part of the moments each."""
        folder = pathlib.Path(self.request["workspace"]) / f"checkpoint-{self.step}"
        dcp.save(self.moments(), checkpoint_id=folder / MOMENTS)
        bring_together(folder / MOMENTS)
        write_weights(folder / WEIGHTS, self.model)
        dist.barrier()
        held_out = {"best": self.best, "withoutImprovement": self.without_improvement}
        say({"kind": "checkpoint", "step": self.step, "path": str(folder), "best": best, "heldOut": held_out})
        while self.rank == 0 and folder.exists():
            time.sleep(0.02)  # until it is in the store: one at a time lies here
        dist.barrier()
        if self.rank != 0 and os.environ["LOCAL_RANK"] == "0":
            shutil.rmtree(folder)


def indices(planned):
    return planned if isinstance(planned, list) else [planned]


def say(event):
    if dist.get_rank() == 0:
        print(json.dumps(event), flush=True)


def end_with_parents():
    """Ends this process when the launcher is gone, or the worker, which holds the other end of standard input."""
    launcher = os.getppid()

    def watch():
        while os.getppid() == launcher:
            readable, _, _ = select.select([0], [], [], 0.5)
            if readable and not os.read(0, 1):
                break
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


@record
def main():
    end_with_parents()
    request = json.loads(pathlib.Path(sys.argv[1]).read_text())
    on_gpu = torch.cuda.is_available()
    device = torch.device("cuda", int(os.environ["LOCAL_RANK"])) if on_gpu else torch.device("cpu")
    if on_gpu:
        torch.cuda.set_device(device)
    dist.init_process_group("cpu:gloo,cuda:nccl" if on_gpu else "gloo")
    trainer = Trainer(request, device)
    name = torch.cuda.get_device_name() if on_gpu else "CPU"
    about = {"torch": torch.__version__, "device": device.type, "processor": name, "processes": dist.get_world_size()}
    say({"kind": "started", "step": trainer.step, "madeOn": about})
    stopped = False
    while not trainer.is_done() and not stopped:
        metrics = trainer.run_step()
        if metrics is None:
            break
        is_best = trainer.measure(metrics)
        say({"kind": "step", "metrics": metrics})
        stopped = trainer.is_told_to_stop()
        is_due = trainer.step % trainer.settings["checkpointEverySteps"] == 0
        if is_due or is_best or stopped or trainer.is_done():
            trainer.save(trainer.best["loss"] if is_best else None)
    dist.destroy_process_group()


main()
