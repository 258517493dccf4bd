"""Endpoints for programs: `/ask` and `/search`, the JSON of the command line."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import gradio as gr

from assistant.answers import Turn
from assistant.errors import AssistantError
from assistant.rendering import passages_to_json
from index.errors import LibraryError

if TYPE_CHECKING:
    from assistant.chain import Assistant

MOST_PASSAGES = 100
"""Passages of one search: more than anybody reads, few enough to send at once."""


def add_endpoints(assistant: Assistant, *, concurrency_limit: int) -> None:
    """Add the endpoints `ask` and `search` to the Blocks that are being built."""

    def ask(question: str, history: list[dict[str, str]] | None = None) -> dict[str, Any]:
        """Answer a question from the papers, each claim with the verbatim quotes it rests on.

        Args:
            question: a question about the papers.
            history: earlier turns of the conversation, [{"question": ..., "answer": ...}], oldest first.

        Returns:
            the `ask` object: searched_as, answered, confidence, text, claims, citations, nearest, model, ...
        """
        try:
            return without_paths(assistant.ask(question, turns(history)).to_json())
        except (AssistantError, LibraryError) as error:
            raise gr.Error(str(error), print_exception=False) from error

    def search(question: str, limit: int = 10) -> dict[str, Any]:
        """Find the passages nearest to a question.

        Args:
            question: a question or search words.
            limit: how many passages, at most 100.

        Returns:
            the `search` object: passages with rank, score, paper, section, kind, text, start, end.
        """
        try:
            hits = assistant.search(question, min(max(limit, 1), MOST_PASSAGES))
        except (AssistantError, LibraryError) as error:
            raise gr.Error(str(error), print_exception=False) from error
        return without_paths(passages_to_json(None, question, hits))

    gr.api(ask, api_name="ask", concurrency_limit=concurrency_limit, concurrency_id="asking")
    gr.api(search, api_name="search", concurrency_limit=concurrency_limit, concurrency_id="asking")


def without_paths(values: dict[str, Any]) -> dict[str, Any]:
    """Return JSON values with every `path` null.

    Where a file lies on the server is no business of a client, and Gradio's client takes an object with a
    path for a file and tries to fetch it.
    """
    return {key: None if key == "path" else _without_paths(value) for key, value in values.items()}


def _without_paths(value: Any) -> Any:
    if isinstance(value, dict):
        return without_paths(value)
    return [_without_paths(item) for item in value] if isinstance(value, list) else value


def turns(history: Any) -> tuple[Turn, ...]:
    """Return the turns of a history from outside; what is not a turn is left out."""
    if not isinstance(history, list):
        return ()
    return tuple(
        Turn(item["question"], item["answer"] if isinstance(item.get("answer"), str) else None)
        for item in history
        if isinstance(item, dict) and isinstance(item.get("question"), str)
    )
