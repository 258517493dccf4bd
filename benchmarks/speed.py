"""How fast is the assistant beside the pipeline of the usual tutorial? Both in one run, taking turns.

    python -m benchmarks.speed [--papers FOLDER] [--rounds N]

Seconds depend on the machine and on what else it does; since the two take turns, their ratio does so far less.
The tutorial's pipeline only finds passages; the assistant also picks, checks and cites the answer.
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from assistant import Assistant
from assistant.chain import SEEDS
from assistant.settings import Settings
from benchmarks.plain import Plain
from index.readers import find, read

QUESTIONS = (
    "How does KIF14 drive sorafenib resistance?",
    "What restores sensitivity in NRF2-driven resistance?",
    "Is RRM2 a target of sorafenib?",
    "Does metformin reverse sorafenib resistance?",
)

START = (
    "import sys; from assistant import Assistant; print(Assistant(home=sys.argv[1]).ask(sys.argv[2]).text)"
)


@dataclass(frozen=True, slots=True)
class Timing:
    """Seconds of the same job by both, turn by turn."""

    job: str
    assistant: tuple[float, ...]
    plain: tuple[float, ...]

    @property
    def ratio(self) -> float:
        """Median over the turns of the assistant's seconds by the plain pipeline's."""
        return statistics.median(a / b for a, b in zip(self.assistant, self.plain, strict=True))


def taking_turns(
    job: str, rounds: int, assistant: Callable[[int], object], plain: Callable[[int], object]
) -> Timing:
    """Time both, `rounds` times each; who goes first alternates, so that neither always finds warm caches."""
    seconds: dict[Callable[[int], object], list[float]] = {assistant: [], plain: []}
    for turn in range(rounds):
        for work in (assistant, plain) if turn % 2 else (plain, assistant):
            begin = time.perf_counter()
            work(turn)
            seconds[work].append(time.perf_counter() - begin)
    return Timing(job, tuple(seconds[assistant]), tuple(seconds[plain]))


def start(home: Path, *command: str) -> None:
    """Run a process that answers one question and ends."""
    subprocess.run([sys.executable, *command, str(home), QUESTIONS[0]], check=True, capture_output=True)


def main(argv: Sequence[str] | None = None) -> int:
    """Run the benchmark and print a line a job."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--papers", type=Path, default=SEEDS, help="papers to index (default: the seeds)")
    parser.add_argument("--rounds", type=int, default=5)
    args = parser.parse_args(argv)
    texts = [paper.text for path in find([args.papers]).files for paper in read(path)]
    with tempfile.TemporaryDirectory(prefix="speed-", ignore_cleanup_errors=True) as scratch:
        folder = Path(scratch)
        assistants = [Assistant(settings=Settings(home=folder / f"assistant{n}")) for n in range(args.rounds)]
        plains = [Plain(folder / f"plain{n}") for n in range(args.rounds)]
        assistants[0].library.embedder.encode(["both models are loaded before anything is timed"])
        for each in assistants[1:]:
            each.library.embedder = assistants[0].library.embedder
        indexing = taking_turns(
            "index the papers",
            args.rounds,
            lambda turn: assistants[turn].library.add(args.papers),
            lambda turn: plains[turn].index(texts),
        )
        asker, finder = assistants[0], plains[0]
        for question in QUESTIONS:
            asker.ask(question), finder.search(question)
        warm = taking_turns(
            "a warm question",
            args.rounds * len(QUESTIONS),
            lambda turn: asker.ask(QUESTIONS[turn % len(QUESTIONS)]),
            lambda turn: finder.search(QUESTIONS[turn % len(QUESTIONS)]),
        )
        startup = taking_turns(
            "start, answer one question, end",
            args.rounds,
            lambda _: start(folder / "assistant0", "-c", START),
            lambda _: start(folder / "plain0", "-m", "benchmarks.plain"),
        )
        report([indexing, warm, startup])
        sentences = sum(len(p.sentences) for s in asker.library.catalogue().stored for p in s.passages)
        print(
            f"sentences indexed a second: {sentences / statistics.median(indexing.assistant):.0f} of {sentences}"
        )
    return 0


def report(timings: Sequence[Timing]) -> None:
    """Print a line a job."""
    print(f"{'':34}{'assistant s':>12}{'plain s':>12}{'ratio':>8}{'turns':>7}")
    for timing in timings:
        ours, theirs = statistics.median(timing.assistant), statistics.median(timing.plain)
        print(f"{timing.job:34}{ours:12.3f}{theirs:12.3f}{timing.ratio:8.2f}{len(timing.plain):7}")


if __name__ == "__main__":
    sys.exit(main())
