"""Measure the assistant, and simpler pipelines beside it, on a question set of others.

    python -m benchmarks.external FOLDER [--home DIR] [--out DIR] [--what search|ask|both] [--sample N]

FOLDER holds `papers/` or `papers.jsonl`, and `questions.jsonl` (benchmarks/sets.py says more). The library is
built in --home (a temporary folder unless given; one that already holds the papers is used as it is). Prints a
table with a column a pipeline and, with --out, writes a `questions.jsonl` a pipeline that `evaluate --compare`
reads.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from rich.console import Console
from rich.progress import track
from rich.table import Table

from assistant import Assistant, AssistantError, LibraryError
from assistant.answers import Answer
from assistant.evaluation import measures, rows
from assistant.evaluation.comparing import compare
from assistant.evaluation.figures import Figure, figures
from assistant.evaluation.matching import words
from assistant.evaluation.question_set import Question, QuestionSet
from assistant.evaluation.rows import Row
from assistant.evaluation.runs import row_of, supported, verbatim_in
from assistant.evaluation.terminal import show_differences
from assistant.settings import Settings
from benchmarks import sets
from benchmarks.pipelines import NAMES, Pipelines
from index.papers import Hit

LIMIT, OF_RECORDS = 10, 50
"""Passages asked for; more in a set of abstracts, so that there are ten different papers among them."""

FILE_WIDTH = 150
"""Columns of a table that is written to a file."""

Ask = Callable[[str], tuple[Answer | None, Sequence[Hit], str | None]]
"""question → (answer where one was asked for, passages, error)."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run the benchmark; return 0, or 2 for bad input."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", type=Path)
    parser.add_argument("--home", type=Path, help="library to build or to use")
    parser.add_argument("--out", type=Path, help="folder for a questions.jsonl a pipeline")
    parser.add_argument("--what", choices=("search", "ask", "both"), default="both")
    parser.add_argument(
        "--sample", type=int, help="ask this many questions, drawn at random but always the same"
    )
    parser.add_argument("--pipelines", default=",".join(NAMES), help=f"of {', '.join(NAMES)}; '' for none")
    args = parser.parse_args(argv)
    try:
        with tempfile.TemporaryDirectory(prefix="external-", ignore_cleanup_errors=True) as scratch:
            measure(args, args.home or Path(scratch))
    except (AssistantError, LibraryError) as error:
        print(error, file=sys.stderr)
        return 2
    return 0


def measure(args: argparse.Namespace, home: Path) -> None:
    """Index, ask every pipeline, print and write."""
    console = Console(width=None if sys.stdout.isatty() else FILE_WIDTH)
    questions = sets.load(args.folder, args.sample)
    assistant = Assistant(settings=Settings(home=home))
    index(assistant, sets.papers(args.folder), console)
    verbatim = verbatim_in(assistant.library)
    limit = OF_RECORDS if sets.papers(args.folder).is_file() else LIMIT
    pipelines: dict[str, Ask] = {"assistant": of_assistant(assistant, args.what, limit)}
    names = [name for name in args.pipelines.split(",") if name]
    if names:
        built = Pipelines(assistant.library.store, assistant.library.embedder, home / "dense")
        console.print(f"words in a passage, mean: {built.words_a_passage:.0f}", highlight=False)
        pipelines = {name: of_pipeline(built, name, args.what, limit) for name in names} | pipelines
    found = {}
    for name, ask in pipelines.items():
        console_err = Console(stderr=True)
        found[name] = tuple(
            track(
                asked(ask, questions, args.what, verbatim),
                name,
                total=len(questions.questions),
                console=console_err,
            )
        )
        if args.out:
            folder = args.out / f"{questions.name}-{name}"
            folder.mkdir(parents=True, exist_ok=True)
            rows.write(found[name], folder / "questions.jsonl")
    show(questions, found, console)


def index(assistant: Assistant, papers: Path, console: Console) -> None:
    """Put the papers into the library; nothing is done where they are there already."""
    begin = time.perf_counter()
    with Console(stderr=True).status("indexing") as status:
        report = assistant.library.add(
            papers,
            progress=lambda p: status.update(f"indexing: {p.sentences_done} of {p.sentences} sentences"),
        )
    for failure in report.failed:
        console.print(f"not read: {failure.path}: {failure.reason}", highlight=False, markup=False)
    console.print(f"papers added: {len(report.added)}, {time.perf_counter() - begin:.1f} s", highlight=False)


def of_assistant(assistant: Assistant, what: str, limit: int) -> Ask:
    """Return how the assistant is asked; an error is kept and counts as wrong."""

    def ask(question: str) -> tuple[Answer | None, Sequence[Hit], str | None]:
        try:
            hits = assistant.search(question, limit=limit) if what != "ask" else []
            return (assistant.ask(question) if what != "search" else None), hits, None
        except (AssistantError, LibraryError) as error:
            return None, [], str(error)

    return ask


def of_pipeline(pipelines: Pipelines, name: str, what: str, limit: int) -> Ask:
    """Return how a simpler pipeline is asked."""

    def ask(question: str) -> tuple[Answer | None, Sequence[Hit], str | None]:
        found = pipelines.ask(name, question, limit)
        return (found.answer if what != "search" else None), (found.hits if what != "ask" else []), None

    return ask


def asked(ask: Ask, questions: QuestionSet, what: str, verbatim: measures.Verbatim) -> Iterator[Row]:
    """Ask every question and yield its row."""
    for question in questions.questions:
        begin = time.perf_counter()
        answer, hits, error = ask(question.question)
        seconds = answer.seconds if answer and answer.seconds else time.perf_counter() - begin
        metrics = {"error": float(error is not None)}
        if what != "ask":
            metrics |= of_search(question, hits)
        if what != "search":
            metrics |= of_answer(question, answer, verbatim)
        yield row_of(
            question, answer, metrics, set=questions.sha256, error=error, seconds=seconds, right=is_right
        )


def is_right(metrics: dict[str, float]) -> bool:
    """Return whether a right answer was given: these sets have answer spans, not key facts."""
    return metrics.get("some_quote_right") == 1


def of_search(question: Question, hits: Sequence[Hit]) -> dict[str, float]:
    """Return the measures of passages; passage ranks only where answer spans or gold sentences are known."""
    if not question.answerable:
        return {}
    return measures.papers(question, hits) | (measures.passages(question, hits) if question.evidence else {})


def of_answer(question: Question, answer: Answer | None, verbatim: measures.Verbatim) -> dict[str, float]:
    """Return the measures of answers that need no key facts."""
    values = measures.decision(question, answer)
    values["quotes_verbatim"] = float(answer is not None and measures.all_verbatim(answer, verbatim))
    if question.answerable:
        values["words"] = float(len(words(answer.text))) if answer else 0.0
        values |= measures.citations(answer, supported)
        if question.evidence:
            values |= measures.quotes(question, answer) | measures.evidence(question, answer)
    return values


def show(questions: QuestionSet, found: dict[str, tuple[Row, ...]], console: Console) -> None:
    """Print a column a pipeline, and how the assistant differs from the best of the others."""
    console.print(f"{len(questions.questions)} questions of {questions.name}, SHA-256 {questions.sha256}")
    by_pipeline = {name: {figure.name: figure for figure in figures(made)} for name, made in found.items()}
    table = Table(box=None, pad_edge=False, header_style="dim")
    table.add_column("figure")
    for name in found:
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column("n", justify="right")
    for figure in figures(found["assistant"]):
        # The scores of the other pipelines are no probabilities, so that they cannot be calibrated.
        shown = ["assistant"] if figure.name == "calibration_error" else found
        cells = [_cell(by_pipeline[name].get(figure.name) if name in shown else None) for name in found]
        table.add_row(figure.label, *cells, str(figure.n))
    console.print(table)
    if "untuned" in found:
        console.print("A: untuned, B: assistant")
        show_differences(compare(found["untuned"], found["assistant"]), console)


def _cell(figure: Figure | None) -> str:
    if figure is None:
        return "–"
    return f"{figure.value:.3f}" + ("" if figure.low is None else f" [{figure.low:.3f}, {figure.high:.3f}]")


if __name__ == "__main__":
    sys.exit(main())
