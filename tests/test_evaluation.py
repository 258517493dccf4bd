"""Runs, reports and the command, with an assistant that answers from a script."""

from __future__ import annotations

import json
from argparse import ArgumentParser, Namespace
from collections.abc import Iterator
from contextlib import contextmanager
from io import StringIO
from pathlib import Path

import pytest
from evaluated import FIRST, ONE, Scripted, answer, cite, question, row
from rich.console import Console

from assistant.answers import Turn
from assistant.errors import SettingsError
from assistant.evaluation import command, page, rows, terminal
from assistant.evaluation.question_set import QuestionSet
from assistant.evaluation.report import About, Report
from assistant.evaluation.runs import run, verbatim_in
from assistant.settings import Settings
from index.papers import Paper

HOSTILE = "<script>alert('x')</script>"

ABOUT = About(
    name="own.yaml", version="2", sha256="abc123", split="all", n=2, model="extractive", when="2026-11-21",
    verifier="assistant.checking.supports",
)  # fmt: skip


def asked(*questions: object) -> QuestionSet:
    return QuestionSet("own.yaml", "2", "abc123", {}, tuple(questions))  # type: ignore[arg-type]


def test_every_question_gets_a_row_even_where_asking_fails() -> None:
    good = answer((FIRST, [cite(1, FIRST)]), confidence=0.81234567)
    scripted = Scripted({"Why?": good, "How?": RuntimeError("out of paper"), "Who?": answer()})
    questions = asked(
        question(id="a", question="Why?"),
        question(id="b", question="How?", history=(Turn("Before?"),)),
        question(id="c", question="Who?", answerable=False),
    )
    right, failed, abstained = run(scripted, questions)
    assert (right.right, right.failed, right.confidence, right.quotes) == (True, False, 0.8123, (FIRST,))
    assert right.metrics["quotes_verbatim"] == right.metrics["passage_hit@1"] == 1
    assert (failed.right, failed.failed, failed.error) == (False, True, "RuntimeError: out of paper")
    assert failed.metrics["error"] == failed.metrics["false_refusal"] == 1
    assert (abstained.right, abstained.failed, abstained.metrics["abstained_right"]) == (False, False, 1)
    assert {r.set for r in (right, failed, abstained)} == {"abc123"}
    assert scripted.asked[1] == ("How?", (Turn("Before?"),))


class Files:
    """A library of one paper that was read from a text file."""

    def __init__(self, one: Paper) -> None:
        self.one = one

    def paper(self, id: str) -> Paper:
        return self.one


def test_a_quote_must_stand_where_the_citation_says_and_in_the_source(tmp_path: Path) -> None:
    from dataclasses import replace

    source = tmp_path / "one.txt"
    source.write_text(ONE.text, "utf-8")
    stored = replace(ONE, record=replace(ONE.record, path=str(source)))
    good, shifted = cite(1, FIRST, stored), cite(1, FIRST, stored, shift=1)
    assert verbatim_in(Files(stored))(good)
    assert not verbatim_in(Files(stored))(shifted)
    source.write_text("The file says something else by now.", "utf-8")
    assert not verbatim_in(Files(stored))(good)
    source.unlink()  # nothing to compare with: the stored text decides
    assert verbatim_in(Files(stored))(good)


def report(*made: rows.Row) -> Report:
    return Report.of(ABOUT, made, {"answered_right": 0.97})


def test_the_page_escapes_what_it_shows() -> None:
    shown = page.render(
        report(
            row("a", question=HOSTILE, text=HOSTILE, quotes=(HOSTILE,), right=False, history=(HOSTILE,)),
            row("b", error=HOSTILE, right=False, answered=False),
            row("c", answerable=False, expected={"note": HOSTILE, "evidence": [], "papers": []}),
        )
    )
    assert "<script" not in shown
    assert shown.count("&lt;script&gt;") == 6


def test_the_page_stands_alone() -> None:
    shown = page.render(report(row("a"), row("b", right=False)))
    assert "http" not in shown
    assert "<link" not in shown
    assert "abc123" in shown
    assert shown.count("<svg") == 3


def test_the_page_folds_away_failures_of_the_test_part() -> None:
    shown = page.render(report(row("a", split="test", right=False, question="A test question?")))
    assert shown.index("<details>") < shown.index("A test question?")


def test_a_page_without_any_answer_or_failure() -> None:
    assert "No question was answered." in page.render(report(row("a", answerable=False, answered=False)))


def test_the_terminal_names_failures_of_the_development_part_only() -> None:
    console = Console(record=True, width=120, file=StringIO())
    made = report(
        row("a", right=False, question="Developed [b]?"),
        row("b", split="test", right=False, question="Tested?"),
    )
    terminal.show(made, console)
    text = console.export_text()
    assert "Developed [b]?" in text
    assert "Tested?" not in text
    assert "gate answered_right on test" in text
    assert "abc123" in text


def arguments(*words: str) -> Namespace:
    parser = ArgumentParser()
    command.add_arguments(parser)
    return parser.parse_args(words)


SET = f"""
version: "1"
gates: {{answered_right: 1.0}}
questions:
- id: a-01
  split: development
  kind: fact
  question: "Why?"
  answerable: true
  papers: [one]
  evidence: ["{FIRST}"]
  key_facts: [[KIF14]]
- id: b-01
  split: test
  kind: fact
  question: "How?"
  answerable: true
  papers: [one]
  evidence: ["{FIRST}"]
  key_facts: [[NRF2]]
"""


@pytest.fixture
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A question file, and an assistant that gives the same answer to everything in it."""
    good = answer((FIRST, [cite(1, FIRST)]))

    @contextmanager
    def scripted(settings: Settings, *, own_library: bool) -> Iterator[Scripted]:
        made = Scripted({"Why?": good, "How?": good})
        made.fill = lambda: None  # type: ignore[attr-defined]
        yield made

    monkeypatch.setattr(command, "_assistant", scripted)
    (tmp_path / "own.yaml").write_text(SET, "utf-8")
    return tmp_path / "own.yaml"


def test_the_status_says_whether_the_gates_are_met(own: Path, capsys: pytest.CaptureFixture[str]) -> None:
    settings = Settings(home=own.parent)
    assert command.run(arguments("--questions", str(own), "--split", "development"), settings) == 0
    assert command.run(arguments("--questions", str(own), "--split", "test"), settings) == 1
    assert "Gate missed: answered_right on test is 0.000" in capsys.readouterr().err
    assert command.run(arguments("--questions", str(own), "--limit", "1"), settings) == 0


def test_json_and_nothing_else_is_printed(own: Path, capsys: pytest.CaptureFixture[str]) -> None:
    command.run(arguments("--questions", str(own), "--json"), Settings(home=own.parent))
    printed = json.loads(capsys.readouterr().out)
    assert printed["passed"] is False
    assert len(printed["about"]["sha256"]) == 64
    assert "How?" not in json.dumps(printed)


def test_reports_are_written_and_compared(own: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = own.parent / "reports" / "new"
    settings = Settings(home=own.parent)
    command.run(arguments("--questions", str(own), "--out", str(out)), settings)
    assert {path.name for path in out.iterdir()} == {"questions.jsonl", "report.html", "report.json"}
    capsys.readouterr()
    made = str(out / "questions.jsonl")
    assert command.run(arguments("--compare", made, made, "--json"), settings) == 0
    assert {d["verdict"] for d in json.loads(capsys.readouterr().out)} == {"cannot tell apart"}
    assert command.run(arguments("--compare", made, made), settings) == 0
    assert "cannot tell apart" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--limit", "0"), "--limit must be 1 or more"),
        (("--questions", "none.yaml"), "cannot be read"),
        (("--compare", "none.jsonl", "none.jsonl"), "cannot be read"),
    ],
)
def test_bad_input_is_named(words: tuple[str, ...], message: str, tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=message):
        command.run(arguments(*words), Settings(home=tmp_path))


def test_an_empty_part_is_named(own: Path) -> None:
    own.write_text(SET.replace("split: test", "split: development"), "utf-8")
    with pytest.raises(SettingsError, match="no question in the part 'test'"):
        command.run(arguments("--questions", str(own), "--split", "test"), Settings(home=own.parent))


def test_the_real_assistant_is_asked(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ("--home", str(home), "--limit", "2", "--json")
    assert command.run(arguments(*words), Settings(home=home)) in (0, 1)
    figures = {f["name"]: f["value"] for f in json.loads(capsys.readouterr().out)["figures"]}
    assert figures["quotes_verbatim"] == 1
    assert figures["error"] == 0
