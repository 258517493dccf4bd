"""What tests share: the seeds, and one library of them that is indexed once with the real embedder."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

os.environ["HF_HUB_OFFLINE"] = "1"  # read when the hub's client is imported: no test asks a network
os.environ["ANONYMIZED_TELEMETRY"] = "False"
for name in [name for name in os.environ if name.startswith("ASSISTANT_")]:
    del os.environ[name]  # the developer's own settings must not decide what tests find

if TYPE_CHECKING:
    from assistant import Assistant


@pytest.fixture(scope="session")
def seeds() -> Path:
    """The folder of the seed papers."""
    return Path(__file__).parents[1] / "seeds"


@pytest.fixture(scope="session")
def home(tmp_path_factory: pytest.TempPathFactory, seeds: Path) -> Path:
    """The home of a library that holds the seeds; for reading only, a test that writes makes its own."""
    from assistant import Assistant
    from assistant.settings import Settings

    folder = tmp_path_factory.mktemp("home")
    report = Assistant(settings=Settings(home=folder)).library.add(seeds)
    assert not report.failed
    return folder


@pytest.fixture(scope="session")
def assistant(home: Path) -> Assistant:
    """The real assistant on the library of the seeds."""
    from assistant import Assistant
    from assistant.settings import Settings

    return Assistant(settings=Settings(home=home))
