"""Settings: read once at the edges, handed on as values."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

EXTRACTIVE = "extractive"
"""Name of the embedded reader model."""

DEFAULT_EMBEDDING = "all-MiniLM-L6-v2"
"""The embedding model whose weights are installed with the package."""


@dataclass(frozen=True, kw_only=True)
class Settings:
    """How the assistant runs. Every field has a default that works with no key and no network."""

    home: Path
    model: str = EXTRACTIVE  # or a LangChain chat model, "provider:name"
    embedding: str = DEFAULT_EMBEDDING  # or any sentence-transformers name or path
    retractions: Path | None = (
        None  # a list of retracted papers; None: HOME/retractions.csv where it is there
    )

    @classmethod
    def from_env(
        cls,
        env: Mapping[str, str] | None = None,
        *,
        home: str | Path | None = None,
        model: str | None = None,
        embedding: str | None = None,
    ) -> Settings:
        """Return settings from `ASSISTANT_*` variables; arguments that are given win over variables."""
        env = os.environ if env is None else env
        folder = home or env.get("ASSISTANT_HOME") or default_home()
        listed = env.get("ASSISTANT_RETRACTIONS")
        settings = cls(
            home=Path(folder).expanduser(), retractions=Path(listed).expanduser() if listed else None
        )
        return replace(
            settings,
            model=model or env.get("ASSISTANT_MODEL") or settings.model,
            embedding=embedding or env.get("ASSISTANT_EMBEDDING") or settings.embedding,
        )


def default_home() -> Path:
    """Return the platform's user data folder for this program."""
    from platformdirs import user_data_path

    return user_data_path("sorafenib-assistant", appauthor=False)
