"""Question sets of others, as folders: `papers/` or `papers.jsonl`, and `questions.jsonl`.

A line of `questions.jsonl` holds `id` and `question`; `paper` (a file name) or `papers` (ids); where known
`answer` or `answers` (spans that answer), `evidence` (paper id → sentences) and `answerable`.
"""

from __future__ import annotations

import hashlib
import json
import random
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from assistant.errors import SettingsError
from assistant.evaluation.question_set import Question, QuestionSet

SAMPLE_SEED = 7
"""Seed of `--sample`, so that every run draws the same questions."""


def load(folder: Path, sample: int | None = None) -> QuestionSet:
    """Return a folder's questions, or `sample` of them.

    Raises:
        SettingsError: there is no sound `questions.jsonl`.
    """
    file = folder / "questions.jsonl"
    try:
        content = file.read_bytes()
        lines = [json.loads(line) for line in content.decode("utf-8").split("\n") if line.strip()]
        questions = [_question(values) for values in lines]
    except OSError as error:
        raise SettingsError(f"'{file}' cannot be read ({error.strerror}).") from error
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise SettingsError(
            f"'{file}' does not hold one question a line, each with an id and a paper."
        ) from error
    if sample is not None and sample < len(questions):
        questions = random.Random(SAMPLE_SEED).sample(questions, sample)
    return QuestionSet(
        name=folder.name,
        version=f"{len(questions)} of {len(lines)}",
        sha256=hashlib.sha256(content).hexdigest(),
        gates={},
        questions=tuple(questions),
    )


def papers(folder: Path) -> Path:
    """Return what is to be indexed: a file of records, else the folder of papers."""
    records = folder / "papers.jsonl"
    return records if records.exists() else folder / "papers"


def _question(values: Mapping[str, Any]) -> Question:
    spans = values.get("answers") or ([values["answer"]] if values.get("answer") else [])
    by_paper: Mapping[str, list[str]] = values.get("evidence") or {}
    evidence = spans or [sentence for sentences in by_paper.values() for sentence in sentences]
    return Question(
        id=str(values["id"]),
        question=values["question"],
        kind="fact",
        answerable=values.get("answerable", True),
        split="development",
        papers=tuple(values["papers"]) if "papers" in values else (values["paper"],),
        evidence=tuple(evidence),
    )
