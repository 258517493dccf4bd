"""Settings: read once at the edges, handed on as values."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from urllib.parse import urlsplit

from assistant.errors import SettingsError

EXTRACTIVE = "extractive"
"""Name of the embedded reader model."""

DEFAULT_EMBEDDING = "all-MiniLM-L6-v2"
"""The embedding model whose weights are installed with the package."""

LIBRARY_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{1,58}[A-Za-z0-9]")
"""Names that a library on a server may have: Chroma's rule for names, without the dot that this program uses."""


@dataclass(frozen=True, kw_only=True)
class Settings:
    """How the assistant runs. Every field has a default that works with no key and no network."""

    home: Path
    model: str = EXTRACTIVE  # or a LangChain chat model, "provider:name"
    embedding: str = DEFAULT_EMBEDDING  # or any sentence-transformers name or path, or "provider:name"
    chroma_url: str | None = None  # of a Chroma server; None: the library lies in `home`
    chroma_token: str | None = field(default=None, repr=False)
    chroma_tenant: str = "default_tenant"  # what a fresh Chroma server has
    chroma_database: str = "default_database"
    library: str = "sorafenib"  # name of the library on that server
    retractions: Path | None = (
        None  # a list of retracted papers; None: HOME/retractions.csv where it is there
    )

    def __post_init__(self) -> None:
        """Check what names a server.

        Raises:
            SettingsError: the URL is none, or the name of the library cannot be used.
        """
        if self.chroma_url is None:
            return
        try:
            parts = urlsplit(self.chroma_url)
            well_formed = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
        except ValueError:
            well_formed = False
        if not well_formed:
            raise SettingsError(
                f"'{self.chroma_url}' is no address of a Chroma server: write ASSISTANT_CHROMA_URL as http://host:port."
            )
        if not LIBRARY_NAME.fullmatch(self.library):
            raise SettingsError(
                f"'{self.library}' cannot be the name of a library: write ASSISTANT_LIBRARY with 3 to 60 letters, "
                "digits, - and _."
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
            chroma_url=(env.get("ASSISTANT_CHROMA_URL") or "").strip().rstrip("/") or None,
            chroma_token=env.get("ASSISTANT_CHROMA_TOKEN") or None,
            chroma_tenant=env.get("ASSISTANT_CHROMA_TENANT") or settings.chroma_tenant,
            chroma_database=env.get("ASSISTANT_CHROMA_DATABASE") or settings.chroma_database,
            library=env.get("ASSISTANT_LIBRARY") or settings.library,
        )


def default_home() -> Path:
    """Return the platform's user data folder for this program."""
    from platformdirs import user_data_path

    return user_data_path("sorafenib-assistant", appauthor=False)
