"""The arguments of the command line. A mistake in them is one sentence with a hint."""

from __future__ import annotations

import argparse
import difflib
import re
from collections.abc import Callable, Iterable, Sequence
from typing import NoReturn

from assistant import __version__
from assistant.errors import SettingsError

PROGRAM = "sorafenib-assistant"

_EPILOG = """examples:
  sorafenib-assistant ask "How does KIF14 drive sorafenib resistance?"
  sorafenib-assistant index papers/
  sorafenib-assistant ask --batch questions.jsonl --json > answers.jsonl
"""


class _Parser(argparse.ArgumentParser):
    """Reports a mistake as one sentence with a hint, through the same door as every other error."""

    def error(self, message: str) -> NoReturn:
        raise SettingsError(_explained(message, self))


def parse(arguments: Sequence[str]) -> argparse.Namespace:
    """Return the values of these arguments; `command` is the command's name.

    Raises:
        SettingsError: they are no valid arguments.
        SystemExit: after `--help` and `--version`, which are written to standard output.
    """
    # Given here and suppressed as defaults, so that a value before the command is not lost to the command's own.
    given = argparse.Namespace(home=None, embedding=None, model=None, debug=False)
    args = _parser(arguments).parse_args(arguments, given)
    if args.home is None:  # the --home of `evaluate` is its own and hides one before it
        args.home = getattr(_common().parse_known_args(arguments)[0], "home", None)
    return args


def _parser(arguments: Sequence[str]) -> argparse.ArgumentParser:
    """Return the parser; the arguments of `evaluate`, which cost an import, only where they are asked for."""
    whole = _Parser(
        prog=PROGRAM,
        parents=[_common()],
        description="Answers questions about sorafenib resistance from papers, every statement with its source.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    whole.add_argument("--version", action="version", version=f"%(prog)s {__version__}")
    commands = whole.add_subparsers(dest="command", metavar="COMMAND", required=True, title="commands")

    def command(name: str, help: str, *, home: bool = True) -> argparse.ArgumentParser:
        description = f"{help[0].upper()}{help[1:]}."
        common = _common(home=home)
        return commands.add_parser(
            name, parents=[common], help=help, description=description, allow_abbrev=False
        )

    _add_asking(command)
    _add_library(command)
    evaluate = command("evaluate", "measure the answers on a set of questions", home=False)
    if "evaluate" in arguments:
        from assistant.evaluation.command import add_arguments

        add_arguments(evaluate)  # with a --home of its own: its default is a fresh library
    return whole


def _common(*, home: bool = True) -> _Parser:
    """Return what may stand before or after the command."""
    common = _Parser(add_help=False, allow_abbrev=False)
    if home:
        common.add_argument("--home", metavar="DIR", default=argparse.SUPPRESS, help="folder of the library")
    common.add_argument(
        "--embedding", metavar="NAME", default=argparse.SUPPRESS, help="embedding model: a name or a folder"
    )
    common.add_argument(
        "--debug", action="store_true", default=argparse.SUPPRESS, help="show where an error comes from"
    )
    return common


def _add_asking(command: Callable[..., argparse.ArgumentParser]) -> None:
    ask = command("ask", "answer a question from the papers")
    search = command("search", "find the passages that speak to a question")
    for parser in (ask, search):
        parser.add_argument("question", metavar="QUESTION", nargs="*", help="the question")
        parser.add_argument(
            "--batch", metavar="FILE", help="JSON Lines of {id, question, history?}; '-' is standard input"
        )
        _add_json(parser)
    search.add_argument("--limit", metavar="N", type=_positive, default=10, help="passages to give (10)")
    chat = command("chat", "open the chat page in a browser")
    chat.add_argument("--host", default="127.0.0.1", help="address to listen on (127.0.0.1)")
    chat.add_argument("--port", type=_port, default=7860, help="port to listen on (7860)")
    chat.add_argument("--auth", metavar="USER:PASSWORD", help="ask visitors for this user and password")
    for parser in (ask, chat):
        parser.add_argument(
            "--model", metavar="NAME", help="'extractive' or a LangChain chat model, provider:name"
        )


def _add_library(command: Callable[..., argparse.ArgumentParser]) -> None:
    index = command("index", "add papers to the library, or bring them up to date")
    index.add_argument("paths", metavar="PATH", nargs="+", help="files, folders or patterns")
    papers = command("papers", "list the papers of the library")
    papers.set_defaults(format="text")
    for name in ("json", "bibtex", "ris"):
        papers.add_argument(f"--{name}", dest="format", action="store_const", const=name, help=f"as {name}")
    remove = command("remove", "remove papers from the library")
    remove.add_argument("ids", metavar="ID", nargs="+", help="ids as 'papers' gives them")
    doctor = command("doctor", "say what is well and what is not")
    repair = command("repair", "make the index whole again")
    for parser in (index, doctor, repair):
        _add_json(parser)


def _add_json(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help="write JSON")


def _positive(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"'{text}' is not a whole number from 1 up")
    return int(text)


def _port(text: str) -> int:
    if not text.isdecimal() or not 1 <= int(text) <= 65535:
        raise argparse.ArgumentTypeError(f"'{text}' is not a port from 1 to 65535")
    return int(text)


def _explained(message: str, parser: argparse.ArgumentParser) -> str:
    """Return argparse's message as a sentence that says what to do."""
    command = re.search(r"COMMAND: invalid choice: (['\"])(.*)\1 \(choose from (.*)\)", message)
    if command:
        wrong, known = command[2], re.findall(r"[\w-]+", command[3])
        if " " in wrong.strip():
            return f'To ask a question, write: {PROGRAM} ask "{wrong}".'
        hint = suggestion(wrong, known) or f"; '{PROGRAM} --help' lists the commands."
        return f"Unknown command '{wrong}'{hint}"
    if message.endswith("required: COMMAND"):
        return f"Give a command, such as 'ask' or 'chat'; '{PROGRAM} --help' lists them."
    unknown = re.search(r"unrecognized arguments: (\S+)", message)
    if unknown:
        return f"Unknown argument '{unknown[1]}'; '{PROGRAM} COMMAND --help' lists what there is."
    sentence = message.removeprefix("argument ")
    return f"{sentence[0].upper()}{sentence[1:]}; '{parser.prog} --help' shows how."


def suggestion(wrong: str, known: Iterable[str]) -> str:
    """Return `; did you mean '…'?` with the known word that is nearest to a wrong one; else nothing."""
    close = difflib.get_close_matches(wrong, sorted(known), n=1)
    return f"; did you mean '{close[0]}'?" if close else ""
