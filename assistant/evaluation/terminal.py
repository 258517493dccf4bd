"""Reports and comparisons as tables on the terminal."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from assistant.evaluation.comparing import Difference
from assistant.evaluation.report import Report


def show(report: Report, console: Console) -> None:
    """Print the figures, the gates, and the failures of the development part by name.

    Failures of the test part are never printed: what is tuned on them no longer tests anything.
    """
    about = report.about
    console.print(
        f"{about.n} questions of {escape(about.name)} (version {escape(about.version)}, part: {about.split}), "
        f"answered by {escape(about.model)}\nSHA-256 {about.sha256}, support judged by {about.verifier}",
        highlight=False,
    )
    console.print(_figures(report))
    for gate in report.gates:
        word = "met" if gate.met else "MISSED"
        console.print(
            f"gate {gate.name} on {gate.split}: {gate.value:.3f}, at least {gate.least:.3f}: {word}",
            highlight=False,
        )
    failures = report.failures("development")
    if failures:
        console.print("not as it should be, of the development part:", highlight=False)
        for row in failures:
            said = f"error ({row.error})" if row.error else "answered" if row.answered else "refused"
            console.print(
                f"  {row.id}: {escape(said)}: {escape(row.question)}", highlight=False, soft_wrap=True
            )


def _figures(report: Report) -> Table:
    table = Table(box=None, pad_edge=False, header_style="dim")
    table.add_column("figure")
    for name in ("value", "95 % interval", "n"):
        table.add_column(name, justify="right", no_wrap=True)
    for figure in report.figures:
        ends = "" if figure.low is None else f"{figure.low:.3f} – {figure.high:.3f}"
        table.add_row(escape(figure.label), f"{figure.value:.3f}", ends, str(figure.n))
    return table


def show_differences(differences: Sequence[Difference], console: Console) -> None:
    """Print a comparison of two runs."""
    table = Table(box=None, pad_edge=False, header_style="dim")
    table.add_column("figure")
    for name in ("A", "B", "B - A", "95 % interval", "p"):
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column("")
    for d in differences:
        table.add_row(
            d.label, f"{d.a:.3f}", f"{d.b:.3f}", f"{d.difference:+.3f}", f"{d.low:+.3f} – {d.high:+.3f}",
            f"{d.p:.3f}", d.verdict,
        )  # fmt: skip
    console.print(table)
