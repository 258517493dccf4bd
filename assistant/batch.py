"""Questions as JSON Lines: one object in, one object out, in the same order."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from assistant.answers import Turn
from assistant.errors import AssistantError
from index.errors import LibraryError


class BadLine(AssistantError):
    """A line that does not hold a question; `id` is its id where that can be read."""

    def __init__(self, message: str, id: str | None = None) -> None:
        super().__init__(message)
        self.id = id


@dataclass(frozen=True, slots=True)
class Request:
    """A question of a batch, with the earlier turns of its conversation."""

    id: str | None
    question: str
    history: tuple[Turn, ...] = ()


def parse(line: bytes) -> Request:
    """Return the request of a line: `{"id", "question", "history": [{"question", "answer"?}]?}`.

    Raises:
        BadLine: the line is no such object.
    """
    try:
        value = json.loads(
            line.decode("utf-8-sig")
        )  # some editors put a byte order mark before the first line
    except UnicodeDecodeError:
        raise BadLine("The line is not UTF-8 text.") from None
    except (ValueError, RecursionError):
        raise BadLine('The line is not JSON: write {"id": "1", "question": "…"}.') from None
    if not isinstance(value, dict):
        raise BadLine('The line is not an object: write {"id": "1", "question": "…"}.')
    id = value.get("id")
    if isinstance(id, int) and not isinstance(id, bool):
        id = str(id)  # many exports number their questions
    if id is not None and not isinstance(id, str):
        raise BadLine("'id' must be a string or a whole number.", str(id))
    question = value.get("question")
    if not isinstance(question, str):
        raise BadLine("'question' is missing or not a string.", id)
    return Request(id, question, _turns(value.get("history"), id))


def respond(lines: Iterable[bytes], answer: Callable[[Request], dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """Yield one object a line that is not blank: the answer, or `{"id", "error"}` where there is none.

    No error of one line, not even an unforeseen one, keeps the other lines from being answered.
    """
    for line in lines:
        if not line.strip():
            continue
        id = None
        try:
            request = parse(line)
            id = request.id
            yield answer(request)
        except BadLine as error:
            yield {"id": error.id, "error": str(error)}
        except (AssistantError, LibraryError) as error:
            yield {"id": id, "error": str(error)}
        except Exception as error:
            yield {"id": id, "error": f"Unexpected error ({type(error).__name__}: {error})."}


def _turns(history: object, id: str | None) -> tuple[Turn, ...]:
    """Return the turns of a `history` value; none where it is missing or null."""
    if history is None:
        return ()
    if not isinstance(history, list):
        raise BadLine("'history' must be a list of earlier questions and answers.", id)
    turns = []
    for turn in history:
        question = turn.get("question") if isinstance(turn, dict) else None
        reply = turn.get("answer") if isinstance(turn, dict) else None
        if not isinstance(question, str) or not isinstance(reply, str | None):
            raise BadLine('Each turn of \'history\' must be {"question": "…", "answer": "…"}.', id)
        turns.append(Turn(question, reply))
    return tuple(turns)
