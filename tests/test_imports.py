"""Imports point one way, heavy libraries are imported where they are used, and nothing loads them early."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import grimp
import pytest

ROOT = Path(__file__).parents[1]

HEAVY = {
    "chromadb",
    "gradio",
    "langchain",
    "langchain_core",
    "sentence_transformers",
    "torch",
    "transformers",
}

LIGHT = (
    "assistant",
    "assistant.answers",
    "assistant.arguments",
    "assistant.batch",
    "assistant.cli",
    "assistant.errors",
    "assistant.progress",
    "assistant.questions",
    "assistant.rendering",
    "assistant.settings",
    "index",
    "index.errors",
    "index.papers",
)
"""Modules that everything may import: loading them loads no heavy library."""


@pytest.fixture(scope="module")
def graph() -> grimp.ImportGraph:
    return grimp.build_graph("assistant", "index", include_external_packages=True)


def importers(graph: grimp.ImportGraph, package: str) -> set[str]:
    """Return the modules of this project that import a package, at their top or in a function."""
    inside = {module for module in graph.modules if module == package or module.startswith(f"{package}.")}
    found = {importer for module in inside for importer in graph.find_modules_that_directly_import(module)}
    return found - inside


def test_the_library_knows_nothing_of_the_assistant(graph: grimp.ImportGraph) -> None:
    assert {module for module in importers(graph, "assistant") if module.startswith("index")} == set()


def test_nothing_but_the_command_line_knows_the_page(graph: grimp.ImportGraph) -> None:
    assert importers(graph, "assistant.web") <= {"assistant.cli"}


def test_nothing_imports_the_command_line(graph: grimp.ImportGraph) -> None:
    assert importers(graph, "assistant.cli") <= {"assistant.__main__"}
    assert importers(graph, "assistant.arguments") <= {"assistant.cli"}


def test_only_the_store_imports_chroma(graph: grimp.ImportGraph) -> None:
    assert importers(graph, "chromadb") == {"index.store"}


def test_only_the_page_imports_gradio(graph: grimp.ImportGraph) -> None:
    assert all(module.startswith("assistant.web") for module in importers(graph, "gradio"))


def test_evaluation_is_not_needed_to_answer(graph: grimp.ImportGraph) -> None:
    assert importers(graph, "assistant.evaluation") <= {"assistant.cli", "assistant.arguments"}


def test_values_import_no_part_with_input_or_output(graph: grimp.ImportGraph) -> None:
    values = {"index.papers", "index.errors", "assistant.errors", "assistant.answers"}
    for module in values:
        own = {
            m
            for m in graph.find_modules_directly_imported_by(module)
            if m.split(".")[0] in ("assistant", "index")
        }
        assert own <= values, module


@pytest.mark.parametrize(
    "path",
    sorted(p.relative_to(ROOT) for d in ("assistant", "index") for p in (ROOT / d).rglob("*.py")),
    ids=str,
)
def test_torch_and_its_like_are_not_imported_at_the_top(path: Path) -> None:
    at_import = {name.split(".")[0] for name in _imported_at_the_top(ROOT / path)}
    # Chroma and Gradio are imported at the top of the one place that is about them, and only there.
    owned = {"chromadb"} if path.name == "store.py" else {"gradio"} if "web" in path.parts else set()
    assert at_import & (HEAVY - {"langchain_core"} - owned) == set()


def test_light_modules_load_no_heavy_library() -> None:
    assert _loaded_by(f"import {', '.join(LIGHT)}") & HEAVY == set()


@pytest.mark.parametrize("arguments", ["--help", "ask --help", "index --help", "--version", "serach"])
def test_help_loads_no_heavy_library(arguments: str) -> None:
    program = f"import assistant.cli; assistant.cli.main({arguments.split()!r})"
    assert _loaded_by(program) & (HEAVY | {"numpy", "rich"}) == set()


def _imported_at_the_top(path: Path) -> Iterator[str]:
    """Yield what a module imports when it is imported; blocks for type checkers are left out."""
    todo: list[ast.AST] = [ast.parse(path.read_text("utf-8"))]
    while todo:
        node = todo.pop()
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            continue
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
            todo.extend(node.orelse)
            continue
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
        todo.extend(ast.iter_child_nodes(node))


def _loaded_by(program: str) -> set[str]:
    """Return the top-level modules that a fresh Python has loaded after a program."""
    code = f"{program}\nimport sys\nsys.stderr.write('\\nLOADED ' + ' '.join(m for m in sys.modules if '.' not in m))"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    return set(done.stderr.rsplit("LOADED ", 1)[1].split())
