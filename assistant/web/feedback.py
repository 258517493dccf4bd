"""Likes and dislikes: one JSON line each in the library's home."""

from __future__ import annotations

import json
import threading
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

FILE = "feedback.jsonl"

VERDICTS = ("like", "dislike", "withdrawn")

LONGEST = 200_000
"""Characters of a line: a long answer with all its passages; more is no answer of this program."""

_writing = threading.Lock()


def keep(home: Path, verdict: str, answer: dict[str, Any]) -> None:
    """Append a verdict on an answer (its JSON object) to `home/feedback.jsonl`.

    Raises:
        ValueError: it is no verdict, or the answer is longer than any answer is.
        OSError: the file cannot be written.
    """
    if verdict not in VERDICTS:
        raise ValueError(f"A verdict is one of {', '.join(VERDICTS)}.")
    line = json.dumps(
        {"time": datetime.now(UTC).isoformat(timespec="seconds"), "verdict": verdict, "answer": answer},
        ensure_ascii=False,
    )
    if len(line) > LONGEST:
        raise ValueError("This answer is too long to be kept with its verdict.")
    home.mkdir(parents=True, exist_ok=True)
    with _writing, (home / FILE).open("a", encoding="utf-8") as file:
        file.write(line + "\n")
