"""Answers questions about sorafenib resistance in liver cancer from a library of papers, with citations.

Importing this package is cheap: the parts are loaded when they are used.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from assistant.answers import Answer, Citation, Claim, Turn
    from assistant.chain import Assistant
    from assistant.errors import AssistantError, ModelError, QuestionError, SettingsError
    from assistant.settings import Settings
    from index.errors import LibraryError

__version__ = "0.1.0"

__all__ = [
    "Answer",
    "Assistant",
    "AssistantError",
    "Citation",
    "Claim",
    "LibraryError",
    "ModelError",
    "QuestionError",
    "Settings",
    "SettingsError",
    "Turn",
]

_HOME = {
    "Answer": "assistant.answers",
    "Assistant": "assistant.chain",
    "AssistantError": "assistant.errors",
    "Citation": "assistant.answers",
    "Claim": "assistant.answers",
    "LibraryError": "index.errors",
    "ModelError": "assistant.errors",
    "QuestionError": "assistant.errors",
    "Settings": "assistant.settings",
    "SettingsError": "assistant.errors",
    "Turn": "assistant.answers",
}


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module 'assistant' has no attribute '{name}'")
    return getattr(import_module(_HOME[name]), name)
