"""Train the encoder: ``python -m nlp.train_encoder ../shared/corpora --base DIR --teacher DIR``.

A larger model, the teacher, learns the marked posts and then reads texts of the corpora that nobody marked.
The encoder learns what the teacher says of those, then the marks themselves. ``nlp/models/README.md`` tells
which packages hold the weights of the two and what else has to be installed.
"""

import argparse
import random
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from onnxruntime.quantization import QuantType, quantize_dynamic
from tokenizers import Tokenizer
from torch import Tensor, nn
from torch.nn import functional
from transformers import AutoModel

from nlp import corpora
from nlp.annotations import MarkedPost, Place, marked_rows, training_posts
from nlp.corpora import SEED
from nlp.encoder import DIMENSIONS, MODEL, N_ASPECT_TAGS, N_TAGS, TOKENIZER, WINDOW, pieces_of, windows
from nlp.grievance import KINDS, Vector

N_LAYERS = 4  # of the base's six, which would read half as fast
_PIECES_A_STEP, _TEXTS_A_STEP = 2_600, 24
_UNKNOWN = -100  # label of a word piece that teaches nothing
_SMOOTHING = 0.05

# How many texts of each corpus the teacher reads; none belongs to a test split.
_N_UNMARKED = {
    "skytrax/seat": 900,
    "skytrax/lounge": 900,
    "cfpb/sample": 1_100,
    "cfpb/rivals": 500,
    "isarcasm/train": 1_500,
    "goemotions": 3_000,
    "mams": 1_500,
}
_LONGEST_UNMARKED = 110  # word pieces


@dataclass
class Example:
    """A window of word pieces and what is known of them; ``None`` is unknown.

    ``prefix`` stands before them and gets no tags; ``tags``, ``aspects`` and ``soft_tags`` (probabilities,
    shape (n, N_TAGS)) have an entry for each of ``ids``; ``post`` is (complains, is sarcastic).
    """

    prefix: list[int]
    ids: list[int]
    tags: list[int] | None = None
    aspects: list[int] | None = None
    soft_tags: Vector | None = None
    post: tuple[float, float] | None = None

    def __len__(self) -> int:
        return len(self.prefix) + len(self.ids) + 2


class Network(nn.Module):
    """A transformer with a linear layer each for tags, aspects and the post as a whole."""

    def __init__(self, folder: Path, n_layers: int | None = None) -> None:
        super().__init__()
        self.base = AutoModel.from_pretrained(folder)
        self.base.pooler = None
        if n_layers is not None:
            self.base.encoder.layer = self.base.encoder.layer[:n_layers]
        width = self.base.config.hidden_size
        self.tags, self.aspects = nn.Linear(width, N_TAGS), nn.Linear(width, N_ASPECT_TAGS)
        self.post = nn.Linear(width, 2)
        self.dropout = nn.Dropout(0.1)
        self.tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        self.tokenizer.no_truncation()
        self.tokenizer.no_padding()
        self.opens, self.closes = self.tokenizer.encode("").ids

    def forward(self, ids: Tensor, mask: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """Return tags, aspects and states of each word piece, and the post's logits."""
        states = self.base(input_ids=ids, attention_mask=mask).last_hidden_state
        mean = (states * mask[..., None]).sum(1) / mask.sum(1, keepdim=True)
        dropped = self.dropout(states)
        return self.tags(dropped), self.aspects(dropped), states, self.post(self.dropout(mean))

    def pieces(self, text: str, rating: float | None) -> tuple[list[int], list[int], list[Place]]:
        """Return the word pieces of the stars and of the text, and the latter's offsets."""
        return pieces_of(self.tokenizer, text, rating)


def marked_examples(network: Network, posts: Sequence[MarkedPost]) -> Iterator[Example]:
    """Yield the windows of marked posts."""
    for post in posts:
        prefix, ids, offsets = network.pieces(post.text, post.rating)
        tags, aspects = [0] * len(ids), [0] * len(ids)
        for mark in post.marks:
            kind = KINDS.index(mark.kind)
            _label(tags, offsets, mark.place, 1 + 2 * kind, 2 + 2 * kind)
            if mark.aspect is None:  # what it is about is said elsewhere, or in other words
                _label(aspects, offsets, mark.place, _UNKNOWN, _UNKNOWN)
        for mark in post.marks:
            if mark.aspect is not None:
                _label(aspects, offsets, mark.aspect, 1, 2)
        parts = list(windows(post.text, offsets, WINDOW - len(prefix)))
        # A window of a long post may hold none of what makes the post a complaint.
        whole = (float(post.is_complaint), float(post.is_sarcastic)) if len(parts) == 1 else None
        for part in parts:
            yield Example(prefix, ids[part], tags[part], aspects[part], None, whole)


def aspect_examples(network: Network, folder: Path) -> Iterator[Example]:
    """Yield the training sentences of MAMS, in which the negative terms are marked as aspects."""
    for text, terms in corpora.mams(folder, "train"):
        prefix, ids, offsets = network.pieces(text, None)
        aspects = [0] * len(ids)
        for start, end, polarity in terms:
            if polarity == "negative":
                _label(aspects, offsets, (start, end), 1, 2)
        yield Example(prefix, ids, None, aspects)


def _label(labels: list[int], offsets: list[Place], place: Place, first: int, further: int) -> None:
    """Label the word pieces that share a character with a place."""
    inside = [i for i, (start, end) in enumerate(offsets) if start < place[1] and end > place[0]]
    for i in inside:
        labels[i] = first if i == inside[0] else further


def unmarked_texts(network: Network, folder: Path) -> Iterator[str]:
    """Yield a window of each of many texts that nobody marked."""
    draw = random.Random(SEED)  # noqa: S311
    for name, n in _N_UNMARKED.items():
        if name == "goemotions":
            texts = [text for text, _ in corpora.goemotions(folder, "train")]
        elif name == "mams":
            texts = [text for text, _ in corpora.mams(folder, "train")]
        else:
            texts = [text for text in corpora.rows_of(folder, name) if text]
        for text in draw.sample(texts, n):
            offsets = network.pieces(text, None)[2]
            parts = list(windows(text, offsets, _LONGEST_UNMARKED))
            if parts:
                part = offsets[draw.choice(parts)]
                yield text[part[0][0] : part[-1][1]]


def batches(examples: Sequence[Example]) -> list[list[Example]]:
    """Return the examples in batches of like length, in random order."""
    ordered = sorted(examples, key=lambda example: len(example) + 8 * random.random())  # noqa: S311
    found: list[list[Example]] = [[]]
    for example in ordered:
        is_full = (len(found[-1]) + 1) * len(example) > _PIECES_A_STEP or len(found[-1]) >= _TEXTS_A_STEP
        if found[-1] and is_full:
            found.append([])
        found[-1].append(example)
    random.shuffle(found)
    return found


def _tensors(network: Network, batch: Sequence[Example]) -> dict[str, Tensor]:
    shape = (len(batch), max(map(len, batch)))
    tensors = {
        "ids": torch.zeros(shape, dtype=torch.long),
        "mask": torch.zeros(shape, dtype=torch.long),
        "tags": torch.full(shape, _UNKNOWN),
        "aspects": torch.full(shape, _UNKNOWN),
        "soft_tags": torch.zeros((*shape, N_TAGS)),
        "post": torch.full((len(batch), 2), torch.nan),
    }
    for row, example in enumerate(batch):
        ids = [network.opens, *example.prefix, *example.ids, network.closes]
        tensors["ids"][row, : len(ids)] = torch.tensor(ids)
        tensors["mask"][row, : len(ids)] = 1
        inside = slice(1 + len(example.prefix), len(ids) - 1)
        for name in ("tags", "aspects", "soft_tags"):
            if (known := getattr(example, name)) is not None:
                tensors[name][row, inside] = torch.as_tensor(known, dtype=tensors[name].dtype)
        if example.post is not None:
            tensors["post"][row] = torch.tensor(example.post)
    return tensors


def loss_of(network: Network, batch: Sequence[Example]) -> Tensor:
    """Return the loss of a batch, over what is known of it."""
    known = _tensors(network, batch)
    tags, aspects, _, post = network(known["ids"], known["mask"])
    loss = torch.zeros(())
    if (known["tags"] >= 0).any():
        loss = loss + functional.cross_entropy(
            tags.flatten(0, 1), known["tags"].flatten(), ignore_index=_UNKNOWN, label_smoothing=_SMOOTHING
        )
    is_soft = known["soft_tags"].sum(-1) > 0
    if is_soft.any():
        found = tags.log_softmax(-1)[is_soft]
        loss = loss + functional.kl_div(found, known["soft_tags"][is_soft], reduction="batchmean")
    if (known["aspects"] >= 0).any():
        loss = loss + 0.5 * functional.cross_entropy(
            aspects.flatten(0, 1), known["aspects"].flatten(), ignore_index=_UNKNOWN
        )
    is_known = ~known["post"].isnan()
    if is_known.any():
        loss = loss + 0.3 * functional.binary_cross_entropy_with_logits(
            post[is_known], known["post"][is_known]
        )
    return loss


def fit(network: Network, examples: Sequence[Example], n_epochs: int, rate: float) -> None:
    """Fit the network with AdamW; the learning rate warms up over a tenth of the steps, then falls to 0."""
    body = [parameter for parameter in network.base.parameters() if parameter.requires_grad]
    tops = [
        parameter
        for layer in (network.tags, network.aspects, network.post)
        for parameter in layer.parameters()
    ]
    optimiser = torch.optim.AdamW(
        [{"params": body, "lr": rate}, {"params": tops, "lr": 1e-3}], weight_decay=0.01
    )
    n_steps = n_epochs * len(batches(examples))
    schedule = torch.optim.lr_scheduler.LambdaLR(
        optimiser, lambda step: min(1.0, 10 * (step + 1) / n_steps) * max(0.0, 1 - step / n_steps)
    )
    for epoch in range(n_epochs):
        network.train()
        losses = []
        for batch in batches(examples):
            loss = loss_of(network, batch)
            optimiser.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_([*body, *tops], 1.0)
            optimiser.step()
            schedule.step()
            losses.append(loss.item())
        print(f"epoch {epoch + 1} of {n_epochs}: loss {np.mean(losses):.3f}", flush=True)  # noqa: T201


@torch.no_grad()
def soft_examples(teacher: Network, student: Network, texts: Sequence[str]) -> Iterator[Example]:
    """Yield the student's word pieces of texts with the teacher's probabilities: both cut words alike."""
    teacher.eval()
    for text in texts:
        _, ids, offsets = teacher.pieces(text, None)
        prefix, own, own_offsets = student.pieces(text, None)
        if offsets != own_offsets:
            continue
        row = torch.tensor([[teacher.opens, *ids, teacher.closes]])
        tags, *_ = teacher(row, torch.ones_like(row))
        yield Example(prefix, own, soft_tags=tags[0, 1:-1].softmax(-1).numpy())


class _Exported(nn.Module):
    def __init__(self, network: Network) -> None:
        super().__init__()
        self.network = network

    def forward(self, ids: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        tags, aspects, states, _ = self.network(ids, torch.ones_like(ids))
        return tags, aspects, states


def export(network: Network, path: Path) -> None:
    """Write the network as ONNX with weights of 8 bits."""
    network.eval()
    network.base.set_attn_implementation("eager")
    names: dict[str, Any] = {"input_names": ["ids"], "output_names": ["tags", "aspects", "states"]}
    axes = {name: {1: "n"} for name in ("ids", "tags", "aspects", "states")}
    with tempfile.TemporaryDirectory() as folder:
        whole = Path(folder) / "whole.onnx"
        row = torch.tensor([[network.opens, *range(1_000, 1_014), network.closes]])
        torch.onnx.export(
            _Exported(network), (row,), str(whole), **names, dynamic_axes=axes, opset_version=17, dynamo=False
        )
        quantize_dynamic(whole, path, weight_type=QuantType.QInt8, per_channel=True)


def main() -> None:
    """Write ``nlp/models/encoder.onnx`` and its tokenizer."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, help="the folder with cesamard, maalej-appreviews, …")
    parser.add_argument("--base", type=Path, required=True, help="folder of all-MiniLM-L6-v2")
    parser.add_argument("--teacher", type=Path, required=True, help="folder of all-mpnet-base-v2")
    options = parser.parse_args()
    random.seed(SEED)
    torch.manual_seed(SEED)
    posts = [*training_posts(), *marked_rows(options.folder)]

    teacher = Network(options.teacher)
    for frozen in (teacher.base.embeddings, *teacher.base.encoder.layer[:2]):
        frozen.requires_grad_(False)
    fit(teacher, list(marked_examples(teacher, posts)), n_epochs=3, rate=5e-5)

    student = Network(options.base, N_LAYERS)
    assert student.base.config.hidden_size == DIMENSIONS  # noqa: S101
    soft = list(soft_examples(teacher, student, list(unmarked_texts(student, options.folder))))
    fit(student, soft, n_epochs=2, rate=1.5e-4)
    marked = [*marked_examples(student, posts), *aspect_examples(student, options.folder)]
    fit(student, marked, n_epochs=4, rate=1e-4)
    export(student, MODEL)
    shutil.copyfile(options.base / "tokenizer.json", TOKENIZER)


if __name__ == "__main__":
    main()
