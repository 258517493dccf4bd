"""The built wheel: holds prompts, seeds, questions and the page, and works when it is installed alone."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel of this checkout, built without a network."""
    folder = tmp_path_factory.mktemp("dist")
    _run(sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", folder, ROOT)
    (made,) = folder.glob("*.whl")
    return made


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the wheel and nothing else in it; dependencies come from the environment of the tests."""
    folder = tmp_path_factory.mktemp("site")
    _run(
        sys.executable,
        "-m",
        "pip",
        "install",
        "--quiet",
        "--no-deps",
        "--no-index",
        "--target",
        folder,
        wheel,
    )
    return folder


def test_the_wheel_holds_every_file_that_the_program_reads(wheel: Path) -> None:
    held = set(zipfile.ZipFile(wheel).namelist())
    read = [
        path.relative_to(ROOT).as_posix()
        for folder in ("assistant", "index", "prompts", "seeds")
        for path in (ROOT / folder).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    ]
    assert sorted(set(read) - held) == []
    assert "assistant/evaluation/questions.yaml" in held
    for folder, suffix in (
        ("prompts", ".md"),
        ("seeds", ".txt"),
        ("assistant/web", ".css"),
        ("assistant/web", ".js"),
    ):
        assert any(name.startswith(f"{folder}/") and name.endswith(suffix) for name in held), (folder, suffix)


def test_the_wheel_holds_no_tests_and_names_its_script_and_licence(wheel: Path) -> None:
    archive = zipfile.ZipFile(wheel)
    names = archive.namelist()
    tops = {name.split("/")[0] for name in names if ".dist-info" not in name}
    assert tops == {"assistant", "index", "prompts", "seeds"}
    entry_points = next(name for name in names if name.endswith("entry_points.txt"))
    assert "sorafenib-assistant = assistant.cli:main" in archive.read(entry_points).decode()
    assert any(name.endswith("licenses/LICENSE") for name in names)


def test_the_wheel_answers_when_it_is_installed_alone(installed: Path, tmp_path: Path) -> None:
    place = _assistant(installed, tmp_path, "-c", "import assistant; print(assistant.__file__)")
    assert Path(place.strip()).is_relative_to(installed)
    home = str(tmp_path / "home")
    assert (
        json.loads(_assistant(installed, tmp_path, "-m", "assistant", "papers", "--json", "--home", home))
        == []
    )
    question = "How does KIF14 drive sorafenib resistance?"
    answer = json.loads(
        _assistant(installed, tmp_path, "-m", "assistant", "ask", question, "--json", "--home", home)
    )
    assert answer["answered"]
    assert "KIF14" in answer["citations"][0]["quote"]
    assert Path(answer["citations"][0]["paper"]["path"]).is_relative_to(installed / "seeds")
    papers = json.loads(
        _assistant(installed, tmp_path, "-m", "assistant", "papers", "--json", "--home", home)
    )
    assert len(papers) == 3


def _assistant(installed: Path, elsewhere: Path, *arguments: str) -> str:
    """Run Python with the installed wheel first on its path, away from the checkout; return what it writes."""
    env = {name: value for name, value in os.environ.items() if not name.startswith("ASSISTANT_")}
    return _run(sys.executable, *arguments, cwd=elsewhere, env=env | {"PYTHONPATH": str(installed)})


def _run(*command: str | Path, cwd: Path | None = None, env: dict[str, str] | None = None) -> str:
    done = subprocess.run(
        command, cwd=cwd, env=env, capture_output=True, text=True, check=False, encoding="utf-8"
    )
    assert done.returncode == 0, done.stderr
    return done.stdout
