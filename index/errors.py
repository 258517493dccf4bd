"""Errors of the library.

LibraryError
├── ReadError            a file cannot be read as a paper
├── EmbeddingError       the embedding model cannot be loaded or is not the expected one
├── StoreError           the index folder is missing, corrupt or not writable
│   └── EmbeddingMismatch   the index was made with another embedding model
├── RetractionListError  the list of retractions cannot be read
└── LibraryBusy          another process is writing to the same library

Each message is one sentence that says what happened and what to do.
"""

from __future__ import annotations


class LibraryError(Exception):
    """Base of every error that the library raises on purpose."""


class ReadError(LibraryError):
    """A file cannot be read as a paper; `path` is the file, or the member of an archive, where it is known."""

    def __init__(self, message: str, *, path: str | None = None) -> None:
        super().__init__(message)
        self.path = path


class EmbeddingError(LibraryError):
    """The embedding model cannot be loaded or is not the expected one."""


class StoreError(LibraryError):
    """The index folder is missing, corrupt or not writable."""


class EmbeddingMismatch(StoreError):
    """The index was made with another embedding model."""


class RetractionListError(LibraryError):
    """The list of retractions cannot be read."""


class LibraryBusy(LibraryError):
    """Another process is writing to the same library."""
