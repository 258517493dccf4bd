"""Speed and memory on the seed papers: indexing, start-up, a warm question. Writes one JSON object.

Each figure is measured in a fresh process, so that none profits from what another has loaded.
"""

from __future__ import annotations

import json
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]

QUESTIONS = (
    "How does KIF14 drive sorafenib resistance?",
    "What restores sensitivity in NRF2-driven resistance?",
    "Is RRM2 a target of sorafenib?",
    "Who wrote the KIF14 paper?",
    "Does metformin reverse sorafenib resistance?",
)

ROUNDS = 10
"""Times that each question is asked; the first round warms up and is not counted."""


def main() -> None:
    """Measure everything and write the figures."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as home:
        figures = {
            "help_seconds": _timed("-m", "assistant", "--help"),
            "index_seconds": _timed("-m", "assistant", "index", "seeds", "--home", home),
            "index_again_seconds": _timed("-m", "assistant", "index", "seeds", "--home", home),
            "first_answer_seconds": _timed("-m", "assistant", "ask", QUESTIONS[0], "--home", home),
        }
        asked = subprocess.run(
            [sys.executable, __file__, "--ask", home], cwd=ROOT, check=True, capture_output=True, text=True
        )
    sys.stdout.write(json.dumps(figures | json.loads(asked.stdout), indent=2) + "\n")


def ask(home: str) -> None:
    """Ask every question again and again in this process and write its figures."""
    sys.path.insert(0, str(ROOT))
    from assistant import Assistant

    assistant = Assistant(home=home)
    seconds = []
    for turn in range(ROUNDS):
        for question in QUESTIONS:
            begin = time.perf_counter()
            assistant.ask(question)
            if turn:
                seconds.append(time.perf_counter() - begin)
    kilobytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss  # in kilobytes on Linux
    figures = {
        "warm_answer_seconds_median": round(statistics.median(seconds), 4),
        "warm_answer_seconds_worst": round(max(seconds), 4),
        "peak_memory_megabytes": round(kilobytes / 1024),
    }
    sys.stdout.write(json.dumps(figures))


def _timed(*arguments: str) -> float:
    """Return the seconds that a Python program takes from start to end."""
    begin = time.perf_counter()
    subprocess.run([sys.executable, *arguments], cwd=ROOT, check=True, capture_output=True)
    return round(time.perf_counter() - begin, 2)


if __name__ == "__main__":
    if sys.argv[1:2] == ["--ask"]:
        ask(sys.argv[2])
    else:
        main()
