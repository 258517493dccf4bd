"""A small extractive reader: which sentence of a passage answers a question, and does any?

The network is all-MiniLM-L6-v2 read as a cross-encoder over (question, passage). Its embeddings are the installed
model's own; its six layers and two small heads come from a weights file (int8, one scale a row, safetensors). For every passage token it gives a start and an end logit, and for the
passage one null logit ('the answer is not here'). Everything returned is a log-odds against that null logit, so
scores of different passages of one question compare directly.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence


WEIGHTS = Path(__file__).resolve().parent / "weights" / "span_reader.safetensors"
"""The trained layers: 11.4 MB, made by `benchmarks/train_reader.py`."""

MAX_QUESTION = 48  # word pieces
WINDOW = 235  # word pieces of passage in one forward; a longer passage is read in windows of whole sentences
KEPT_READINGS = 128  # a question that is searched and then asked is read once
BATCH = 4  # windows of about one length together: more would pad the short ones
LONGEST_SPAN = 30  # word pieces
SILENT = 50  # above every level of logging
FLOOR = -12.0  # log-odds below this mean the same: no


@dataclass(frozen=True, slots=True)
class PassageReading:
    """What the reader says about one passage.

    `start`, `end`: a log-odds for each sentence, that the answer starts (ends) in it. `sentences`: their mean, the
    sentence's score. `answerable`: log-odds that the passage answers the question at all (log-sum-exp of
    `sentences`). `span`: offsets in the passage of the best answer span, `span_score` its log-odds (half the sum).
    """

    start: tuple[float, ...]
    end: tuple[float, ...]
    sentences: tuple[float, ...]
    answerable: float
    span: tuple[int, int]
    span_score: float
    sentence_spans: tuple[float, ...]


class SpanReader:
    """Scores the sentences of passages for a question; the same input always gives the same output."""

    def __init__(self, base: Path, weights: Path = WEIGHTS) -> None:
        """Load the network from the folder of all-MiniLM-L6-v2 and the file of the trained layers."""
        self._kept: dict[tuple[str, str], PassageReading] = {}
        self._lock = threading.Lock()
        import numpy as np
        import torch
        from safetensors.numpy import load_file
        from tokenizers import Tokenizer
        from transformers import AutoModel
        from transformers.utils import logging

        self._tokenizer = Tokenizer.from_file(str(base / "tokenizer.json"))
        self._tokenizer.no_padding()
        self._tokenizer.no_truncation()
        stored = load_file(str(weights))
        state: dict[str, Any] = {}
        for name, value in stored.items():
            if name.endswith(".scale"):
                continue
            if value.dtype == np.int8:
                value = value.astype(np.float32) * stored[f"{name}.scale"][:, None]
            state[name] = torch.from_numpy(np.ascontiguousarray(value, dtype=np.float32))
        level = logging.get_verbosity()
        logging.set_verbosity(SILENT)  # the base model's pooler is not needed; no notice of that
        try:
            body = AutoModel.from_pretrained(str(base), add_pooling_layer=False)
        finally:
            logging.set_verbosity(level)
        body_state = {
            name.removeprefix("bert."): value for name, value in state.items() if name.startswith("bert.")
        }
        unknown = set(body_state) - set(body.state_dict())
        if unknown:
            raise ValueError(f"the reader's weights do not fit this base model: {sorted(unknown)[:3]}")
        body.load_state_dict(body_state, strict=False)
        size = body.config.hidden_size
        span = torch.nn.Linear(size, 2)
        null = torch.nn.Sequential(torch.nn.Linear(size, size), torch.nn.Tanh(), torch.nn.Linear(size, 1))
        span.load_state_dict({k: state[f"span.{k}"] for k in ("weight", "bias")})
        null.load_state_dict({k: state[f"null.{k}"] for k in ("0.weight", "0.bias", "2.weight", "2.bias")})
        self._body, self._span, self._null = body.eval(), span.eval(), null.eval()

    def score(
        self,
        question: str,
        passages: Sequence[str],
        sentence_spans: Sequence[Sequence[tuple[int, int]]],
    ) -> list[PassageReading]:
        """One reading a passage. `sentence_spans[k]` holds the (start, end) of each sentence in `passages[k]`."""
        if len(passages) != len(sentence_spans):
            raise ValueError("one list of sentence spans is needed for each passage")
        with self._lock:
            unread = [n for n, text in enumerate(passages) if (question, text) not in self._kept]
            found = self._read(question, [passages[n] for n in unread], [sentence_spans[n] for n in unread])
            readings = {(question, passages[n]): reading for n, reading in zip(unread, found, strict=True)}
            readings |= {key: self._kept[key] for text in passages if (key := (question, text)) in self._kept}
            self._kept = dict(list((self._kept | readings).items())[-KEPT_READINGS:])
        return [readings[question, text] for text in passages]

    def _read(
        self,
        question: str,
        passages: Sequence[str],
        sentence_spans: Sequence[Sequence[tuple[int, int]]],
    ) -> list[PassageReading]:
        import numpy as np
        import torch

        asked = self._tokenizer.encode(question, add_special_tokens=False).ids[:MAX_QUESTION]
        jobs: list[
            tuple[int, list[int], list[tuple[int, int]], list[int]]
        ] = []  # passage, ids, offsets, sentences
        for number, (text, spans) in enumerate(zip(passages, sentence_spans, strict=True)):
            for window in _windows(spans):
                first, last = spans[window[0]][0], spans[window[-1]][1]
                piece = self._tokenizer.encode(text[first:last], add_special_tokens=False)
                kept = piece.ids[: 509 - len(asked)]
                jobs.append(
                    (number, kept, [(a + first, b + first) for a, b in piece.offsets[: len(kept)]], window)
                )
        starts = [[FLOOR] * len(spans) for spans in sentence_spans]
        ends = [[FLOOR] * len(spans) for spans in sentence_spans]
        inner = [[FLOOR] * len(spans) for spans in sentence_spans]
        best: list[tuple[float, tuple[int, int]]] = [(FLOOR, (0, 0)) for _ in passages]
        order = sorted(range(len(jobs)), key=lambda k: len(jobs[k][1]))
        with torch.inference_mode():
            for at in range(0, len(order), BATCH):
                chosen = order[at : at + BATCH]
                length = max(len(jobs[k][1]) for k in chosen) + len(asked) + 3
                ids = torch.zeros(len(chosen), length, dtype=torch.long)
                types, mask = torch.zeros_like(ids), torch.zeros_like(ids)
                for row, k in enumerate(chosen):
                    tokens = [101, *asked, 102, *jobs[k][1], 102]
                    ids[row, : len(tokens)] = torch.tensor(tokens)
                    types[row, len(asked) + 2 : len(tokens)] = 1
                    mask[row, : len(tokens)] = 1
                hidden = self._body(
                    input_ids=ids, token_type_ids=types, attention_mask=mask
                ).last_hidden_state
                logits, nulls = self._span(hidden).numpy(), self._null(hidden[:, 0]).numpy()[:, 0]
                for row, k in enumerate(chosen):
                    number, tokens, offsets, window = jobs[k]
                    begin = len(asked) + 2
                    local = logits[row, begin : begin + len(tokens)] - nulls[row]
                    for sentence in window:
                        a, b = sentence_spans[number][sentence]
                        inside = [j for j, (x, y) in enumerate(offsets) if x < b and y > a and y > x]
                        if not inside:
                            continue
                        s, e = local[inside, 0], local[inside, 1]
                        starts[number][sentence] = max(FLOOR, float(np.logaddexp.reduce(s)))
                        ends[number][sentence] = max(FLOOR, float(np.logaddexp.reduce(e)))
                        pair = s[:, None] + e[None, :]
                        size = len(inside)
                        band = np.triu(np.ones((size, size), bool)) & ~np.triu(
                            np.ones((size, size), bool), LONGEST_SPAN
                        )
                        pair = np.where(band, pair, -1e9)
                        i, j = divmod(int(pair.argmax()), size)
                        value = max(FLOOR, float(pair[i, j]) / 2)
                        inner[number][sentence] = value
                        if value > best[number][0]:
                            best[number] = value, (offsets[inside[i]][0], offsets[inside[j]][1])
        readings = []
        for number in range(len(passages)):
            means = [(s + e) / 2 for s, e in zip(starts[number], ends[number], strict=True)]
            value, span = best[number]
            total = max(FLOOR, float(np.logaddexp.reduce(np.array(means)))) if means else FLOOR
            readings.append(
                PassageReading(
                    tuple(starts[number]),
                    tuple(ends[number]),
                    tuple(means),
                    total,
                    span,
                    value,
                    tuple(inner[number]),
                )
            )
        return readings


def _windows(spans: Sequence[tuple[int, int]]) -> list[list[int]]:
    """Runs of sentence numbers of about `WINDOW` word pieces (four characters a piece)."""
    runs: list[list[int]] = []
    used = 0
    for number, (a, b) in enumerate(spans):
        cost = max(1, (b - a) // 4)
        if not runs or used + cost > WINDOW:
            runs.append([])
            used = 0
        runs[-1].append(number)
        used += cost
    return runs
