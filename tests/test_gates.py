"""The gates that the fixed question set names hold on the real seeds with the real reader."""

from __future__ import annotations

from pathlib import Path

import pytest

from assistant.cli import main

pytestmark = pytest.mark.slow


def test_every_gate_of_the_fixed_set_is_met(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    status = main(["evaluate", "--home", str(home), "--split", "all"])
    assert status == 0, capsys.readouterr().err
