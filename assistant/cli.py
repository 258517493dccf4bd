"""The command line: reads arguments, calls the assistant, writes results.

Results go to standard output and nothing else does; progress, notes and errors go to standard error.

Exit codes: 0 done; 2 bad input or set-up, with one sentence on standard error (`index` also when none of the
named files could be read; files that could not be read beside others that could are reported and it is 0);
1 an unforeseen error, or `doctor` found a problem; 130 interrupted; 141 the reader of the output went away.

Importing this module is cheap: what a command needs is imported in it.
"""

from __future__ import annotations

import argparse
import json
import logging
import os
import shutil
import sys
import traceback
import warnings
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, redirect_stdout
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

from assistant.arguments import PROGRAM, parse, suggestion
from assistant.errors import AssistantError, SettingsError
from assistant.settings import Settings
from index.errors import LibraryError
from index.papers import status_json

if TYPE_CHECKING:
    from assistant.batch import Request
    from assistant.chain import Assistant
    from index.adding import Report
    from index.papers import Record
    from index.systems import System

OK, UNFORESEEN, BAD_INPUT = 0, 1, 2
INTERRUPTED = 130  # 128 + SIGINT, as shells report it
READER_GONE = 141  # 128 + SIGPIPE

WIDEST = 100
"""Columns that prose is wrapped at, on wide terminals too: longer lines are hard to read."""

MOST_LISTED = 20
"""Papers that `index` lists by name; of more it gives the number only."""

Command = Callable[[argparse.Namespace, TextIO], int]


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line and return the exit code; writes errors as one sentence, never a traceback."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    try:
        args = parse(arguments)
        with _results_only() as out:
            code = _COMMANDS[args.command](args, out)
            out.flush()
        return code
    except SystemExit as stop:  # --help and --version
        return int(stop.code or 0)
    except (AssistantError, LibraryError) as error:
        return _fail(str(error), arguments, BAD_INPUT)
    except KeyboardInterrupt:
        return _fail("Stopped.", [], INTERRUPTED)
    except BrokenPipeError:
        _silence_stdout()
        return READER_GONE
    except Exception as error:
        sentence = f"Unexpected error ({type(error).__name__}: {_first_line(error)})"
        hint = "" if "--debug" in arguments else ": run it again with --debug to see where"
        return _fail(f"{sentence}{hint}.", arguments, UNFORESEEN)


def make_assistant(args: argparse.Namespace) -> Assistant:
    """Return the assistant for the settings of a command line; the one seam that tests replace."""
    from assistant.chain import Assistant

    return Assistant(settings=_settings(args))


# --- commands ------------------------------------------------------------------------------------------


def _index(args: argparse.Namespace, out: TextIO) -> int:
    from assistant.progress import showing_progress
    from index.readers.files import READABLE

    assistant = make_assistant(args)
    with showing_progress() as progress:
        report = assistant.library.add(*args.paths, progress=progress)
    _write_report(report, args, out)
    if report.passed_over:
        _note(report.passed_over)
    if report.added or report.changed or report.unchanged or report.removed:
        return OK
    reason = "None of the named files could be read" if report.failed else "No papers were found there"
    raise SettingsError(f"{reason}: name files that can be read, or folders that hold some: {READABLE}.")


def _search(args: argparse.Namespace, out: TextIO) -> int:
    from assistant.rendering import hits_to_text, passages_to_json

    if args.batch:
        return _batch(
            args,
            out,
            lambda assistant, asked: passages_to_json(
                asked.id, asked.question, assistant.search(_in_context(asked), limit=args.limit)
            ),
        )
    question = _question(args)
    assistant = _ready(args)
    with _waiting("searching"):
        hits = assistant.search(question, limit=args.limit)
    if args.json:
        _write_json(out, passages_to_json(None, question, hits))
    else:
        out.write(hits_to_text(hits, _width(out)))
    return OK


def _ask(args: argparse.Namespace, out: TextIO) -> int:
    from assistant.rendering import to_text

    if args.batch:
        return _batch(
            args,
            out,
            lambda assistant, asked: assistant.ask(asked.question, asked.history).to_json(asked.id),
        )
    question = _question(args)
    assistant = _ready(args)
    with _waiting("reading the papers"):
        answer = assistant.ask(question)
    if args.json:
        _write_json(out, answer.to_json())
    else:
        out.write(to_text(answer, _width(out)))
    return OK


def _chat(args: argparse.Namespace, out: TextIO) -> int:
    assistant = make_assistant(args)
    _ = assistant.model  # a mistake in it shows now, not at the first question
    with _waiting("starting the chat"):
        from assistant.web import serve
    with redirect_stdout(out):  # it says where it is when it is ready
        serve(assistant, host=args.host, port=args.port, auth=args.auth)
    return OK


def _papers(args: argparse.Namespace, out: TextIO) -> int:
    from assistant.rendering import records_to_text, to_bibtex, to_ris

    assistant = make_assistant(args)
    records = assistant.library.papers()
    if args.format == "json":
        systems = assistant.library.systems()
        values = [_paper_json(record, systems.get(record.id, ())) for record in records]
        _write_json(out, values)
    elif args.format == "bibtex":
        out.write(to_bibtex(records))
    elif args.format == "ris":
        out.write(to_ris(records))
    else:
        out.write(records_to_text(records, _width(out)))
    if not records:
        _note(f"The library {assistant.library.where} holds no papers: '{PROGRAM} index PATH' adds some.")
    return OK


def _paper_json(record: Record, systems: Iterable[System]) -> dict[str, Any]:
    """Return the `PAPER` object with what stands against the paper and what it studied."""
    return record.to_json() | {
        "status": status_json(record),
        "systems": [system.to_json() for system in systems],
    }


def _remove(args: argparse.Namespace, out: TextIO) -> int:
    library = make_assistant(args).library
    known = {record.id for record in library.papers()}
    for id in args.ids:  # all are checked before any is removed
        if id not in known:
            hint = suggestion(id, known) or f": '{PROGRAM} papers' lists them."
            raise SettingsError(f"Nothing was removed, there is no paper '{id}'{hint}")
    for id in dict.fromkeys(args.ids):
        out.write(f"Removed {_named(library.remove(id))}\n")
    return OK


def _repair(args: argparse.Namespace, out: TextIO) -> int:
    from assistant.progress import showing_progress

    assistant = make_assistant(args)
    with showing_progress() as progress:
        report = assistant.library.repair(progress=progress)
    _write_report(report, args, out)
    return OK


def _doctor(args: argparse.Namespace, out: TextIO) -> int:
    from assistant.doctor import examine

    findings = examine(_settings(args))
    problems = sum(not finding.ok for finding in findings)
    if args.json:
        _write_json(out, [{"name": found.name, "ok": found.ok, "detail": found.detail} for found in findings])
    else:
        width = max(len(finding.name) for finding in findings)
        for finding in findings:
            state = "ok     " if finding.ok else "PROBLEM"
            out.write(f"{state}  {finding.name:<{width}}  {finding.detail}\n")
        out.write(f"\n{f'{problems} to put right.' if problems else 'All is well.'}\n")
    return UNFORESEEN if problems else OK


def _evaluate(args: argparse.Namespace, out: TextIO) -> int:
    from assistant.evaluation.command import run

    with redirect_stdout(out):  # it writes its results itself
        return run(args, _settings(args))


_COMMANDS: dict[str, Command] = {
    "ask": _ask,
    "chat": _chat,
    "doctor": _doctor,
    "evaluate": _evaluate,
    "index": _index,
    "papers": _papers,
    "remove": _remove,
    "repair": _repair,
    "search": _search,
}


# --- asking --------------------------------------------------------------------------------------------


def _question(args: argparse.Namespace) -> str:
    """Return the question, checked before anything is loaded."""
    if not args.question:
        raise SettingsError("Give a question, or --batch FILE with one question a line.")
    from assistant.questions import understand

    question = " ".join(args.question)
    understand(question)
    return question


def _ready(args: argparse.Namespace) -> Assistant:
    """Return the assistant with its model loaded and papers in its library, so that mistakes show first."""
    from assistant.progress import showing_progress

    assistant = make_assistant(args)
    _ = assistant.model
    with showing_progress() as progress:
        assistant.fill(progress)
    return assistant


def _batch(
    args: argparse.Namespace, out: TextIO, answer: Callable[[Assistant, Request], dict[str, Any]]
) -> int:
    from assistant.batch import respond

    if args.question:
        raise SettingsError("Give a question or --batch FILE, not both.")
    with _opened(args.batch) as lines:
        assistant = _ready(args)
        for response in respond(lines, lambda request: answer(assistant, request)):
            _write_json(out, response, indent=None)
            out.flush()
    return OK


def _in_context(request: Request) -> str:
    """Return the question as it stands without its history."""
    from assistant.questions import understand

    return understand(request.question, request.history).searched_as


@contextmanager
def _opened(name: str) -> Iterator[Iterator[bytes]]:
    """Give the lines of a file, or of standard input for `-`; bytes, so that one bad line stays one bad line."""
    if name == "-":
        yield iter(sys.stdin.buffer)
        return
    try:
        file = Path(name).open("rb")  # noqa: SIM115 - what happens in the block is not the file's error
    except OSError as error:
        raise SettingsError(f"The batch file '{name}' cannot be read: {error.strerror}.") from error
    with file:
        yield iter(file)


def _settings(args: argparse.Namespace) -> Settings:
    return Settings.from_env(home=args.home, model=args.model, embedding=args.embedding)


# --- writing -------------------------------------------------------------------------------------------


@contextmanager
def _results_only() -> Iterator[TextIO]:
    """Give standard output for results and send what libraries print, log or warn out of the way."""
    os.environ.setdefault("TQDM_DISABLE", "1")  # progress bars of libraries; ours is rich's
    os.environ.setdefault("TRANSFORMERS_VERBOSITY", "error")
    out = sys.stdout
    if hasattr(out, "reconfigure"):
        # A lone surrogate in a question becomes the escape \udXXX, which is what JSON writes for it.
        out.reconfigure(encoding="utf-8", errors="backslashreplace")
    logging.disable(logging.WARNING)
    try:
        with warnings.catch_warnings(), redirect_stdout(sys.stderr):
            warnings.simplefilter("ignore")
            yield out
    finally:
        logging.disable(logging.NOTSET)


def _write_json(out: TextIO, value: object, indent: int | None = 2) -> None:
    out.write(json.dumps(value, ensure_ascii=False, indent=indent if out.isatty() else None) + "\n")


def _write_report(report: Report, args: argparse.Namespace, out: TextIO) -> None:
    groups = {name: getattr(report, name) for name in ("added", "changed", "unchanged", "removed")}
    if args.json:
        value: dict[str, Any] = {name: [one.to_json() for one in group] for name, group in groups.items()}
        value["merged"] = [{"paper": one.record.to_json(), "path": one.path} for one in report.merged]
        value["failed"] = [{"path": failure.path, "reason": failure.reason} for failure in report.failed]
        _write_json(out, value | {"seconds": round(report.seconds, 3), "skipped": dict(report.skipped)})
        return
    for name, group in groups.items():
        if name != "unchanged" and len(group) <= MOST_LISTED:
            out.writelines(f"{name}: {_named(record)}\n" for record in group)
    if len(report.merged) <= MOST_LISTED:
        out.writelines(f"merged: {_named(one.record)} with {one.path}\n" for one in report.merged)
    for failure in report.failed:
        named = failure.path in failure.reason
        out.write(f"failed: {failure.reason if named else f'{failure.path}: {failure.reason}'}\n")
    counts = [f"{len(group)} {name}" for name, group in groups.items() if group]
    counts += [
        f"{len(group)} {name}"
        for name, group in (("merged", report.merged), ("failed", report.failed))
        if group
    ]
    out.write(f"{', '.join(counts) or 'nothing to do'} in {report.seconds:.1f} s\n")


def _named(record: Record) -> str:
    return f"{record.short}, {record.title}"


def _waiting(message: str) -> Any:
    from assistant.progress import waiting

    return waiting(message)


def _width(out: TextIO) -> int | None:
    """Return the columns to wrap at; None where the output is a file or a pipe."""
    return min(shutil.get_terminal_size().columns, WIDEST) if out.isatty() else None


def _note(sentence: str) -> None:
    print(sentence, file=sys.stderr)


def _fail(sentence: str, arguments: Sequence[str], code: int) -> int:
    if "--debug" in arguments:
        traceback.print_exc()
    _note(_first_line(sentence))
    return code


def _first_line(error: object) -> str:
    """Return a message on one line."""
    return " ".join(str(error).split())


def _silence_stdout() -> None:
    """Keep Python from complaining at exit that it cannot flush: nobody reads any more."""
    try:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except (OSError, ValueError):
        sys.stdout = open(os.devnull, "w")  # noqa: PTH123, SIM115 - stays open until exit
