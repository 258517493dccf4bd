"""Question files: what is sound is read, what is not gets one clear sentence."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from assistant.errors import SettingsError
from assistant.evaluation.question_set import FIXED_SET, load

SOUND = """
version: "2"
gates: {answered_right: 0.9}
questions:
- id: a-01
  kind: fact
  question: Why?
  answerable: true
  papers: [one.pdf]
  evidence: [Because.]
  key_facts: [[because, since]]
- id: b-01
  kind: follow-up
  split: development
  question: And why not?
  history: [{question: "Why?", answer: "Because."}, {question: "Really?"}]
  answerable: false
  note: Nobody says.
"""


def written(folder: Path, text: str) -> Path:
    (folder / "own.yaml").write_text(text, "utf-8")
    return folder / "own.yaml"


def test_a_sound_file_is_read(tmp_path: Path) -> None:
    path = written(tmp_path, SOUND)
    questions = load(path)
    assert (questions.name, questions.version, questions.gates) == ("own.yaml", "2", {"answered_right": 0.9})
    assert questions.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()
    first, second = questions.questions
    assert first.key_facts == (("because", "since"),)
    assert first.split == "test"  # nobody says that it was tuned on
    assert [(turn.question, turn.answer) for turn in second.history] == [
        ("Why?", "Because."),
        ("Really?", None),
    ]
    assert questions.part("development").questions == (second,)
    assert questions.part("all").first(1).questions == (first,)


def test_the_fixed_set_is_sound() -> None:
    assert len(load(FIXED_SET).questions) >= 190


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("  key_facts: [[because, since]]\n", "", "'a-01' lacks 'key_facts'"),
        ("evidence: [Because.]", "evidence: []", "'a-01' lacks 'evidence'"),
        ("- id: a-01\n  kind", "- kind", "number 1 lacks 'id'"),
        ("kind: fact", "kind: gossip", "unknown kind 'gossip'"),
        ("split: development", "split: training", "unknown split 'training'"),
        ("answerable: true", "answerable: perhaps", "needs true or false as 'answerable'"),
        ("papers: [one.pdf]", "papers: one.pdf", "needs a list of texts as 'papers'"),
        ("[[because, since]]", "[because]", "needs a list of lists of wordings as 'key_facts'"),
        ("id: b-01", "id: a-01", "the id 'a-01' is used twice"),
        ("note: Nobody", "nota: Nobody", "unknown key 'nota'"),
        ('{question: "Really?"}', '"Really?"', "needs a list of turns"),
        ("{answered_right: 0.9}", "{answered_right: high}", "'gates' must map names of measures to numbers"),
        ("questions:", "questions: [", "is not valid YAML at line"),
        ("questions:", "question:", "needs a list named 'questions'"),
        ("question: Why?", "question: 7", "needs a text as 'question'"),
    ],
)
def test_what_is_not_sound_is_named(old: str, new: str, message: str, tmp_path: Path) -> None:
    assert old in SOUND
    with pytest.raises(SettingsError) as raised:
        load(written(tmp_path, SOUND.replace(old, new, 1)))
    assert message in str(raised.value)
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize("content", [b"", b"questions: []", b"- a list", b"\xff\xfe\x00", b"\x00"])
def test_what_is_no_question_file_is_refused(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "own.yaml").write_bytes(content)
    with pytest.raises(SettingsError, match=r"own\.yaml"):
        load(tmp_path / "own.yaml")


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="cannot be read"):
        load(tmp_path / "none.yaml")
