"""Errors of the assistant.

AssistantError
├── QuestionError      a question that cannot be asked (empty, too long)
├── SettingsError      a setting or command-line value that cannot be used
└── ModelError         the language model cannot be loaded or does not answer

Errors of the library are in `index.errors`. Each message is one sentence that says what to do. Not knowing
is an `Answer`, never an error.
"""

from __future__ import annotations


class AssistantError(Exception):
    """Base of every error that the assistant raises on purpose."""


class QuestionError(AssistantError):
    """A question that cannot be asked."""


class SettingsError(AssistantError):
    """A setting or command-line value that cannot be used."""


class ModelError(AssistantError):
    """The language model cannot be loaded or does not answer."""
