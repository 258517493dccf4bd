"""The command line: contracts, JSON that is only JSON, batches, and one sentence for every mistake."""

from __future__ import annotations

import io
import json
import logging
import sys
import warnings
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from assistant import cli
from assistant.answers import Answer, Citation, Claim, Turn
from assistant.errors import ModelError, SettingsError
from assistant.settings import Settings
from index.adding import Failure, Merge, Progress, Report
from index.errors import LibraryBusy, LibraryError
from index.papers import Hit, Kind, Record
from index.systems import System, SystemKind

ZHU = Record("zhu", "Silencing KIF14", ("Qiang Zhu",), 2020, path="seeds/zhu.txt")
YANG = Record("yang", "RRM2", ("Pei Ming Yang",), 2020)
CITATION = Citation(1, ZHU, "Abstract", Kind.TEXT, "KIF14 is up.", 0, 12, "KIF14 is up.", 0)


class FakeLibrary:
    where = "in '/home'"

    def __init__(self) -> None:
        self.records = [ZHU, YANG]
        self.report = Report(added=(ZHU,), failed=(Failure("bad.txt", "It is empty."),), seconds=1.23456)
        self.error: Exception | None = None

    def papers(self) -> tuple[Record, ...]:
        return tuple(self.records)

    def systems(self) -> dict[str, tuple[System, ...]]:
        return {"zhu": (System(SystemKind.MOUSE, "mice", 3, 9),)}

    def add(self, *paths: str, progress: Callable[[Progress], None]) -> Report:
        progress(Progress(0, 2, 5, 10, 1.0))
        progress(Progress(2, 2, 10, 10, 2.0))
        if self.error:
            raise self.error
        return self.report

    def remove(self, id: str) -> Record:
        record = next(record for record in self.records if record.id == id)
        self.records.remove(record)
        return record

    def repair(self, progress: Callable[[Progress], None]) -> Report:
        return Report(added=tuple(self.records), seconds=2.0)


class FakeAssistant:
    """Echoes the question; `error` is raised instead where it is set."""

    model = None

    def __init__(self) -> None:
        self.library = FakeLibrary()
        self.error: BaseException | None = None
        self.asked: list[tuple[str, tuple[Turn, ...]]] = []
        self.limits: list[int] = []
        self.filled = False

    def fill(self, progress: Callable[[Progress], None]) -> None:
        self.filled = True

    def ask(self, question: str, history: Sequence[Turn] = ()) -> Answer:
        print("chatter of a library")  # noqa: T201
        logging.getLogger("library").warning("more chatter")
        warnings.warn("and a warning", stacklevel=1)
        self.asked.append((question, tuple(history)))
        if self.error and "good" not in question:
            raise self.error
        claims = (Claim(f"Echo: {question}", (1,), True),)
        text = f"Echo: {question} [1]"
        return Answer(question, question, True, 0.9, text, claims, (CITATION,), seconds=0.1234567)

    def search(self, question: str, limit: int = 10) -> list[Hit]:
        self.limits.append(limit)
        self.asked.append((question, ()))
        return [Hit(ZHU, "Abstract", Kind.TEXT, 0, 12, "KIF14 is up.", 0.5, ())]


@pytest.fixture
def fake(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> FakeAssistant:
    """The fake behind the command line's one seam."""
    made = FakeAssistant()
    monkeypatch.setenv("ASSISTANT_HOME", str(tmp_path / "home"))
    monkeypatch.setattr(cli, "make_assistant", lambda args: made)
    return made


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Callable[..., tuple[int, str, str]]:
    """Run the command line; gives exit code, standard output and standard error."""

    def call(*arguments: str) -> tuple[int, str, str]:
        code = cli.main(arguments)
        out, err = capsys.readouterr()
        return code, out, err

    return call


Run = Callable[..., tuple[int, str, str]]


def assert_one_sentence(err: str) -> None:
    assert err.strip()
    assert len(err.strip().splitlines()) == 1
    assert "Traceback" not in err


# --- ask and search ------------------------------------------------------------------------------------


def test_ask_shows_the_answer_and_its_source(fake: FakeAssistant, run: Run) -> None:
    code, out, _ = run("ask", "Is KIF14 up?")
    assert code == 0
    assert out.startswith("Echo: Is KIF14 up? [1]\n")
    assert "“KIF14 is up.”" in out
    assert fake.filled


def test_words_of_a_question_need_no_quotation_marks(fake: FakeAssistant, run: Run) -> None:
    run("ask", "Is", "KIF14", "up?")
    assert fake.asked == [("Is KIF14 up?", ())]


def test_ask_json_is_one_object_and_nothing_else(fake: FakeAssistant, run: Run) -> None:
    code, out, err = run("ask", "--json", "Is 2′‐KIF14 up?")
    value = json.loads(out)
    assert code == 0
    assert list(value) == [
        "id", "question", "searched_as", "answered", "confidence", "text", "claims", "citations", "nearest",
        "model", "notice", "seconds",
    ]  # fmt: skip
    assert value["id"] is None
    assert value["question"] == "Is 2′‐KIF14 up?"
    assert value["citations"][0]["quote"] == "KIF14 is up."
    assert "chatter of a library" in err  # printed by a library: out of the way, not lost
    assert "more chatter" not in err
    assert "and a warning" not in err


def test_search_json_follows_the_contract(fake: FakeAssistant, run: Run) -> None:
    _, out, _ = run("search", "KIF14", "--limit", "3", "--json")
    value = json.loads(out)
    assert list(value) == ["id", "question", "passages"]
    assert value["passages"][0]["paper"]["id"] == "zhu"
    assert fake.limits == [3]


def test_search_shows_passages(fake: FakeAssistant, run: Run) -> None:
    _, out, _ = run("search", "KIF14")
    assert out.startswith("1. Zhu 2020 · Abstract")
    assert fake.limits == [10]


@pytest.mark.parametrize("command", ["ask", "search"])
def test_an_empty_question_is_said_before_anything_is_loaded(
    fake: FakeAssistant, run: Run, command: str
) -> None:
    code, out, err = run(command, "  ")
    assert (code, out) == (2, "")
    assert "question is empty" in err
    assert_one_sentence(err)
    assert not fake.filled


def test_a_question_of_100000_characters_is_one_sentence(fake: FakeAssistant, run: Run) -> None:
    code, _, err = run("ask", "why " * 25_000)
    assert code == 2
    assert_one_sentence(err)
    assert not fake.filled


def test_no_question_at_all_and_question_with_batch(fake: FakeAssistant, run: Run) -> None:
    assert "--batch" in run("ask")[2]
    code, _, err = run("ask", "why?", "--batch", "x.jsonl")
    assert code == 2
    assert "not both" in err


# --- batches -------------------------------------------------------------------------------------------


def batch(tmp_path: Path, *lines: str | bytes) -> str:
    path = tmp_path / "batch.jsonl"
    path.write_bytes(b"\n".join(line.encode() if isinstance(line, str) else line for line in lines))
    return str(path)


def objects(out: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in out.splitlines()]


def test_batch_answers_in_order_and_goes_on_after_bad_lines(
    fake: FakeAssistant, run: Run, tmp_path: Path
) -> None:
    name = batch(
        tmp_path,
        b"\xef\xbb\xbf" + b'{"id": "a", "question": "First?"}',
        "",
        "not JSON",
        '{"id": "b"}',
        "[1, 2]",
        '{"id": "c", "question": "  "}',
        '{"id": 7, "question": "Number?"}',
        '{"id": "h", "question": "Well?", "history": "none"}',
        b'{"id": "d", "question": "\xff"}',
        '{"id": "e", "question": "Last?"}',
    )
    fake.error = None
    code, out, _ = run("ask", "--batch", name, "--json")
    found = objects(out)
    assert code == 0
    assert [value["id"] for value in found] == ["a", None, "b", None, "c", "7", "h", None, "e"]
    assert [sorted(value) == ["error", "id"] for value in found] == [
        False, True, True, True, False, False, True, True, False,
    ]  # fmt: skip
    assert found[0]["text"] == "Echo: First? [1]"
    assert all("\n" not in value["error"] for value in found if "error" in value)


def test_batch_of_one_failing_question_reports_the_error_and_goes_on(
    fake: FakeAssistant, run: Run, tmp_path: Path
) -> None:
    name = batch(tmp_path, '{"id": "a", "question": "bad"}', '{"id": "b", "question": "good"}')
    for error in (ModelError("The model is down."), LibraryError("The index is corrupt."), KeyError("x")):
        fake.error = error
        code, out, _ = run("ask", "--batch", name)
        first, second = objects(out)
        assert code == 0
        assert first["id"] == "a"
        assert set(first) == {"id", "error"}
        assert second["answered"]


def test_a_line_may_carry_history(fake: FakeAssistant, run: Run, tmp_path: Path) -> None:
    turns = [{"question": "What is KIF14?", "answer": "A kinesin."}, {"question": "And RRM2?"}]
    name = batch(tmp_path, json.dumps({"id": "a", "question": "Is it up?", "history": turns}))
    run("ask", "--batch", name)
    assert fake.asked == [("Is it up?", (Turn("What is KIF14?", "A kinesin."), Turn("And RRM2?")))]


def test_batch_from_standard_input(fake: FakeAssistant, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b'{"id": "a", "question": "Up?"}\n')))
    _, out, _ = run("search", "--batch", "-", "--limit", "2")
    assert objects(out)[0]["passages"][0]["rank"] == 1
    assert fake.limits == [2]


def test_each_answer_is_written_before_the_next_question_is_asked(
    fake: FakeAssistant, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    events: list[str] = []

    class Watched(io.StringIO):
        def flush(self) -> None:
            events.append(f"flushed {self.getvalue().count(chr(10))}")

    monkeypatch.setattr(sys, "stdout", Watched())
    ask = fake.ask
    monkeypatch.setattr(fake, "ask", lambda q, h=(): events.append(f"asked {q}") or ask(q, h))
    cli.main(
        ["ask", "--batch", batch(tmp_path, '{"id": "1", "question": "A"}', '{"id": "2", "question": "B"}')]
    )
    assert [e for e in events if e != "flushed 0"][:4] == ["asked A", "flushed 1", "asked B", "flushed 2"]


def test_a_missing_batch_file_is_one_sentence(fake: FakeAssistant, run: Run, tmp_path: Path) -> None:
    code, out, err = run("ask", "--batch", str(tmp_path / "none.jsonl"))
    assert (code, out) == (2, "")
    assert "cannot be read" in err
    assert_one_sentence(err)


def test_odd_characters_survive_as_json(fake: FakeAssistant, run: Run, tmp_path: Path) -> None:
    name = batch(tmp_path, '{"id": "a", "question": "\\ud800 α‐2′\\u2028"}')
    _, out, _ = run("ask", "--batch", name)
    assert json.loads(out)["question"] == "\ud800 α‐2′\u2028"


# --- the library ---------------------------------------------------------------------------------------


def test_index_json_reports_papers_and_failures(fake: FakeAssistant, run: Run) -> None:
    code, out, err = run("index", "papers", "--json")
    value = json.loads(out)
    assert code == 0  # one file could be read
    assert list(value) == [
        "added", "changed", "unchanged", "removed", "merged", "failed", "seconds", "skipped",
    ]  # fmt: skip
    assert value["added"] == [ZHU.to_json()]
    assert value["failed"] == [{"path": "bad.txt", "reason": "It is empty."}]
    assert value["seconds"] == 1.235
    assert "Indexing: 0 of 2 papers · 5 of 10 sentences · 5 sentences/s · 1 s left" in err


def test_index_says_what_it_did(fake: FakeAssistant, run: Run) -> None:
    _, out, _ = run("index", "papers")
    assert "added: Zhu 2020, Silencing KIF14" in out
    assert "failed: bad.txt: It is empty." in out
    assert "1 added, 1 failed in 1.2 s" in out


def test_index_names_files_with_the_same_work(fake: FakeAssistant, run: Run) -> None:
    fake.library.report = Report(added=(ZHU,), merged=(Merge(ZHU, "papers/zhu.nbib"),))
    out = run("index", "papers")[1]
    assert "merged: Zhu 2020, Silencing KIF14 with papers/zhu.nbib" in out
    assert "1 added, 1 merged in" in out
    value = json.loads(run("index", "papers", "--json")[1])
    assert value["merged"] == [{"paper": ZHU.to_json(), "path": "papers/zhu.nbib"}]


def test_index_of_nothing_readable_is_2(fake: FakeAssistant, run: Run) -> None:
    fake.library.report = Report(failed=(Failure("bad.txt", "It is empty."),))
    code, out, err = run("index", "bad.txt", "--json")
    assert code == 2
    assert json.loads(out)["failed"]  # the reasons are still given
    assert "None of the named files could be read" in err
    fake.library.report = Report()
    assert run("index", "empty")[0] == 2


def test_index_says_what_it_passed_over(fake: FakeAssistant, run: Run) -> None:
    fake.library.report = Report(added=(ZHU,), skipped={".csv": 2, ".png": 10})
    code, out, err = run("index", "papers", "--json")
    assert (code, json.loads(out)["skipped"]) == (0, {".csv": 2, ".png": 10})
    assert "12 files of other formats were passed over: .png (10), .csv (2)." in err
    fake.library.report = Report(skipped={".csv": 1})
    code, _, err = run("index", "papers")
    assert code == 2
    assert "No papers were found there: name files that can be read" in err
    assert "Word (.docx)" in err


def test_papers_as_text_json_bibtex_and_ris(fake: FakeAssistant, run: Run) -> None:
    assert "Zhu 2020" in run("papers")[1]
    assert json.loads(run("papers", "--json")[1]) == [
        ZHU.to_json()
        | {"status": None, "systems": [{"kind": "mouse", "name": "mice", "start": 3, "end": 9}]},
        YANG.to_json() | {"status": None, "systems": []},
    ]
    assert "@misc{zhu2020silencing," in run("papers", "--bibtex")[1]
    assert run("papers", "--ris")[1].count("ER  - ") == 2


def test_papers_of_an_empty_library(fake: FakeAssistant, run: Run) -> None:
    fake.library.records = []
    code, out, err = run("papers", "--json")
    assert (code, json.loads(out)) == (0, [])
    assert "holds no papers" in err


def test_remove_checks_every_id_before_it_removes_one(fake: FakeAssistant, run: Run) -> None:
    code, _, err = run("remove", "yang", "zuh")
    assert code == 2
    assert "did you mean 'zhu'?" in err
    assert len(fake.library.records) == 2
    assert run("remove", "yang", "zhu", "zhu")[1].count("Removed") == 2
    assert fake.library.records == []


def test_repair_reports_like_index(fake: FakeAssistant, run: Run) -> None:
    assert "2 added in 2.0 s" in run("repair")[1]
    assert len(json.loads(run("repair", "--json")[1])["added"]) == 2


# --- mistakes ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["serach", "KIF14"], "did you mean 'search'?"),
        (["xyzzy"], "--help"),
        (["What is KIF14?"], 'ask "What is KIF14?"'),
        (["What's KIF14?"], 'ask "What\'s KIF14?"'),
        ([], "Give a command"),
        (["search", "q", "--limit", "0"], "'0' is not a whole number from 1 up"),
        (["search", "q", "--limit", "many"], "'many' is not a whole number"),
        (["search", "q", "--lmit", "3"], "--lmit"),
        (["chat", "--port", "99999"], "'99999' is not a port"),
        (["index"], "PATH"),
        (["remove"], "ID"),
        (["ask", "q", "--home"], "--home"),
    ],
)
def test_a_wrong_command_line_is_one_sentence_with_a_hint(
    fake: FakeAssistant, run: Run, arguments: list[str], said: str
) -> None:
    code, out, err = run(*arguments)
    assert (code, out) == (2, "")
    assert said in err
    assert_one_sentence(err)


@pytest.mark.parametrize(
    "error",
    [
        ModelError("No key: set X."),
        LibraryBusy("Another process is writing."),
        SettingsError("No such\nfile."),
    ],
)
def test_errors_of_the_program_are_one_sentence_and_2(
    fake: FakeAssistant, run: Run, error: Exception
) -> None:
    fake.error = error
    code, out, err = run("ask", "Is KIF14 up?", "--json")
    assert (code, out) == (2, "")
    assert err.splitlines()[-1] == " ".join(str(error).split())
    assert "not in these papers" not in err.lower()


def test_an_unforeseen_error_is_one_sentence_that_names_debug(fake: FakeAssistant, run: Run) -> None:
    fake.error = KeyError("secret place")
    code, _, err = run("ask", "Is KIF14 up?")
    assert code == 1
    assert "KeyError" in err.splitlines()[-1]
    assert "--debug" in err
    assert "Traceback" not in err
    code, _, err = run("ask", "Is KIF14 up?", "--debug")
    assert code == 1
    assert "Traceback" in err


def test_ctrl_c_is_130_and_one_line(fake: FakeAssistant, run: Run) -> None:
    fake.error = KeyboardInterrupt()
    code, out, err = run("ask", "Is KIF14 up?")
    assert (code, out) == (130, "")
    assert err.splitlines()[-1] == "Stopped."


def test_a_reader_that_goes_away_is_no_error(
    fake: FakeAssistant, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    class Closed(io.StringIO):
        def write(self, text: str) -> int:
            raise BrokenPipeError

    monkeypatch.setattr(sys, "stdout", Closed())
    assert cli.main(["papers"]) == 141
    assert capsys.readouterr().err == ""


# --- settings ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "arguments",
    [
        ["--home", "H", "--embedding", "E", "ask", "q", "--model", "M"],
        ["ask", "q", "--home", "H", "--embedding", "E", "--model", "M"],
        ["--home", "other", "ask", "--home=H", "q", "--embedding", "E", "--model", "M"],
    ],
)
def test_home_and_embedding_may_stand_before_or_after_the_command(
    monkeypatch: pytest.MonkeyPatch, run: Run, arguments: list[str]
) -> None:
    seen: list[Settings] = []

    def make(args: Any) -> FakeAssistant:
        seen.append(cli._settings(args))
        return FakeAssistant()

    monkeypatch.setattr(cli, "make_assistant", make)
    assert run(*arguments)[0] == 0
    assert seen == [Settings(home=Path("H"), model="M", embedding="E")]


@pytest.mark.parametrize(
    "arguments",
    [["--home", "H", "evaluate"], ["evaluate", "--home", "H"], ["evaluate", "--home", "H", "--json"]],
)
def test_evaluate_gets_its_arguments_and_the_settings(
    monkeypatch: pytest.MonkeyPatch, run: Run, arguments: list[str]
) -> None:
    from assistant.evaluation import command

    seen: list[tuple[Any, Settings]] = []

    def measure(args: Any, settings: Settings) -> int:
        seen.append((args, settings))
        print("{}")  # noqa: T201
        return 1

    monkeypatch.setattr(command, "run", measure)
    assert run(*arguments)[:2] == (1, "{}\n")
    assert seen[0][0].home == "H"
    assert seen[0][1].home == Path("H")


def test_chat_serves_with_its_arguments(
    fake: FakeAssistant, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    import assistant.web

    served: list[dict[str, Any]] = []

    def serve(one: object, **how: Any) -> None:
        served.append({"assistant": one} | how)
        sys.stdout.write("The chat is at …\n")

    monkeypatch.setattr(assistant.web, "serve", serve)
    code, out, err = run("chat", "--host", "0.0.0.0", "--port", "7870", "--auth", "me:secret")
    assert (code, out, err) == (0, "The chat is at …\n", "")
    assert served == [{"assistant": fake, "host": "0.0.0.0", "port": 7870, "auth": "me:secret"}]


# --- doctor --------------------------------------------------------------------------------------------


def test_doctor_finds_all_well_on_an_empty_home(run: Run, tmp_path: Path) -> None:
    code, out, _ = run("doctor", "--json", "--home", str(tmp_path / "new"))
    findings = json.loads(out)
    assert code == 0
    assert all(finding["ok"] for finding in findings)
    assert {"python", "chromadb", "embedding model", "model", "offline", "library"} <= {
        f["name"] for f in findings
    }
    assert not (tmp_path / "new").exists()  # it only looks


def test_doctor_names_a_missing_model_set_up_and_never_a_key(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-very-secret")
    monkeypatch.setenv("ASSISTANT_MODEL", "nonsense")
    code, out, err = run("doctor", "--home", str(tmp_path))
    assert code == 1
    assert "PROBLEM" in out
    assert "provider:model" in out
    assert "very-secret" not in out + err
