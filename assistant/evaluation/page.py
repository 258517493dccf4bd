"""The report as one self-contained HTML page; everything from questions and papers is escaped."""

from __future__ import annotations

from pathlib import Path

from assistant.evaluation import plots
from assistant.evaluation.report import Report

TEMPLATE = Path(__file__).with_name("page.html")


def render(report: Report) -> str:
    """Return the page."""
    from jinja2 import Environment, StrictUndefined
    from markupsafe import Markup

    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True)
    return environment.from_string(TEMPLATE.read_text("utf-8")).render(
        about=report.about,
        gates=report.gates,
        figures=report.figures,
        failures={split: report.failures(split) for split in ("development", "test")},
        # The plots escape what they print themselves.
        risk_coverage=Markup(plots.risk_coverage(report.rows)),
        calibration=Markup(plots.calibration_diagram(report.rows)),
        kinds=Markup(plots.kind_bars(report.kinds)),
    )
