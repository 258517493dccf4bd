"""The `evaluate` command."""

from __future__ import annotations

import json
import sys
import tempfile
from argparse import ArgumentParser, Namespace
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from assistant.errors import SettingsError
from assistant.evaluation.question_set import FIXED_SET, SPLITS, QuestionSet, load
from assistant.settings import Settings

if TYPE_CHECKING:
    from rich.console import Console

    from assistant.chain import Assistant
    from assistant.evaluation.report import Report
    from assistant.evaluation.rows import Row

GATE_MISSED = 1
"""Exit status where a gate of the set is missed."""

FILE_WIDTH = 120
"""Columns of a table that is written to a file or a pipe: nothing in it then needs to be wrapped."""


def add_arguments(parser: ArgumentParser) -> None:
    """Declare the arguments of `evaluate`."""
    parser.add_argument(
        "--questions", type=Path, metavar="FILE", help="a question set (default: the fixed set)"
    )
    parser.add_argument(
        "--split", choices=(*SPLITS, "all"), default="all", help="part of the set (default: all)"
    )
    parser.add_argument("--home", metavar="DIR", help="a library (default: a fresh one of the seed papers)")
    parser.add_argument(
        "--out", type=Path, metavar="DIR", help="write report.html, report.json, questions.jsonl"
    )
    parser.add_argument("--model", metavar="NAME", help="who answers: extractive, or a LangChain chat model")
    parser.add_argument("--limit", type=int, metavar="N", help="ask the first N questions only")
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.add_argument(
        "--compare", nargs=2, type=Path, metavar=("A", "B"), help="compare two questions.jsonl; asks nothing"
    )


def run(args: Namespace, settings: Settings) -> int:
    """Run the command and return its exit status: 0, or 1 where a gate of the set is missed.

    Raises:
        SettingsError: the question file or an argument cannot be used.
    """
    from rich.console import Console

    console = Console(width=None if sys.stdout.isatty() else FILE_WIDTH)
    if args.compare:
        _compare(args.compare, console, as_json=args.json)
        return 0
    if args.limit is not None and args.limit < 1:
        raise SettingsError("--limit must be 1 or more.")
    questions = load(args.questions or FIXED_SET).part(args.split)
    questions = questions.first(args.limit) if args.limit else questions
    if not questions.questions:
        raise SettingsError(f"'{questions.name}' has no question in the part '{args.split}'.")
    if args.home is not None:
        settings = replace(settings, home=Path(args.home).expanduser())
    if args.model:
        settings = replace(settings, model=args.model)
    with _assistant(settings, own_library=args.home is not None) as assistant:
        rows = _ask(assistant, questions)
    report = _report(rows, questions, args.split, settings.model)
    if args.out:
        _write(report, args.out)
    _print(report, console, as_json=args.json)
    return 0 if report.passed else GATE_MISSED


@contextmanager
def _assistant(settings: Settings, *, own_library: bool) -> Iterator[Assistant]:
    """Yield an assistant over the user's library, or over a fresh one of the seed papers."""
    from assistant.chain import Assistant

    if own_library:
        yield Assistant(settings=settings)
        return
    # Chroma keeps its files open, which some platforms do not let one delete.
    with tempfile.TemporaryDirectory(prefix="evaluation-", ignore_cleanup_errors=True) as home:
        yield Assistant(settings=replace(settings, home=Path(home), chroma_url=None))


def _ask(assistant: Assistant, questions: QuestionSet) -> tuple[Row, ...]:
    """Ask every question, with a progress bar on standard error."""
    from rich.console import Console
    from rich.progress import track

    from assistant.evaluation.runs import run

    console = Console(stderr=True)
    with console.status("opening the library"):
        assistant.fill()
    return tuple(
        track(
            run(assistant, questions),
            "asking",
            total=len(questions.questions),
            console=console,
            transient=True,
        )
    )


def _report(rows: tuple[Row, ...], questions: QuestionSet, split: str, model: str) -> Report:
    from assistant.evaluation.report import About, Report
    from assistant.evaluation.runs import VERIFIER

    about = About(
        name=questions.name,
        version=questions.version,
        sha256=questions.sha256,
        split=split,
        n=len(rows),
        model=model,
        when=datetime.now(UTC).date().isoformat(),
        verifier=VERIFIER,
    )
    return Report.of(about, rows, questions.gates)


def _write(report: Report, folder: Path) -> None:
    from assistant.evaluation import page, rows

    try:
        folder.mkdir(parents=True, exist_ok=True)
        rows.write(report.rows, folder / "questions.jsonl")
        (folder / "report.json").write_text(_dumps(report.to_json()), "utf-8")
        (folder / "report.html").write_text(page.render(report), "utf-8")
    except OSError as error:
        raise SettingsError(f"The reports cannot be written to '{folder}' ({error.strerror}).") from error


def _print(report: Report, console: Console, *, as_json: bool) -> None:
    from assistant.evaluation import terminal

    if as_json:
        sys.stdout.write(_dumps(report.to_json()) + "\n")
    else:
        terminal.show(report, console)
    for gate in report.gates:
        if not gate.met:
            sys.stderr.write(
                f"Gate missed: {gate.name} on {gate.split} is {gate.value:.3f}, at least {gate.least:.3f}.\n"
            )


def _compare(paths: list[Path], console: Console, *, as_json: bool) -> None:
    from assistant.evaluation import rows, terminal
    from assistant.evaluation.comparing import compare

    differences = compare(rows.read(paths[0]), rows.read(paths[1]))
    if as_json:
        sys.stdout.write(_dumps([asdict(difference) for difference in differences]) + "\n")
    else:
        terminal.show_differences(differences, console)


def _dumps(values: object) -> str:
    return json.dumps(values, ensure_ascii=False, indent=2)
