"""The page: one Gradio Blocks whose only component is the reading room, and the events between them.

The room is a `gr.HTML` whose HTML, script and style are in `templates/` and `static/`. Its script triggers
the events `ask` and `bring`; what they return arrives in its props `turn` and `adding`. Quick reads go
through server functions. What the room shows of papers and questions is HTML from templates that escape it.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import gradio as gr
from gradio.utils import get_upload_folder

from assistant.errors import AssistantError
from assistant.web import feedback, library
from assistant.web.api import add_endpoints, turns
from assistant.web.asking import drafts
from assistant.web.stopping import Stoppable
from assistant.web.suggestions import EXAMPLES, follow_ups
from assistant.web.templating import HERE, render
from assistant.web.viewer import paper_page
from index.errors import LibraryError
from index.readers.files import SUFFIXES

if TYPE_CHECKING:
    from assistant.chain import Assistant

log = logging.getLogger(__name__)

TITLE = "The sorafenib assistant"

SCRIPTS = ("store.js", "sources.js", "viewer.js", "library.js", "conversation.js", "room.js")
"""The room's script in the order in which it is put together: a file a panel, the last one starts them."""

ASKING_AT_ONCE = 8
"""Questions that are answered at the same time; the reader is mostly numeric code that shares the cores."""

FORMATS = ",".join(sorted(SUFFIXES))
"""What the file chooser offers; the library itself says of each file whether it could be read."""


def build(assistant: Assistant) -> gr.Blocks:
    """Return the page of an assistant, not yet served."""
    running = Stoppable()
    with gr.Blocks(title=TITLE, analytics_enabled=False, fill_width=True) as page:
        room = gr.HTML(
            value=render("room.html", title=TITLE, examples=EXAMPLES, formats=FORMATS),
            js_on_load="\n".join((HERE / "static" / name).read_text("utf-8") for name in SCRIPTS),
            server_functions=_server_functions(assistant, running),
            apply_default_css=False,
            elem_id="reading-room",
            turn=None,
            adding=None,
        )
        quiet: dict[str, Any] = {
            "api_visibility": "private",
            "show_progress": "hidden",
            "trigger_mode": "multiple",  # a question that was stopped may still be ending when the next is asked
        }
        room.ask(
            _ask(assistant, running),
            None,
            room,
            concurrency_limit=ASKING_AT_ONCE,
            concurrency_id="asking",
            **quiet,
        )
        room.bring(_bring(assistant, running), None, room, **quiet)
        add_endpoints(assistant, concurrency_limit=ASKING_AT_ONCE)
    return page


def _ask(assistant: Assistant, running: Stoppable) -> Callable[[gr.EventData], Iterator[gr.HTML]]:
    def on_ask(event: gr.EventData) -> Iterator[gr.HTML]:
        data = event._data
        turn = str(data["turn"])
        with running.running(turn) as stopped:
            for step in drafts(assistant, turn, str(data["question"]), turns(data.get("history"))):
                if stopped.is_set():
                    return
                yield gr.HTML(turn=step)

    return on_ask


def _bring(assistant: Assistant, running: Stoppable) -> Callable[[gr.EventData], Iterator[gr.HTML]]:
    def on_bring(event: gr.EventData) -> Iterator[gr.HTML]:
        uploads = Path(get_upload_folder()).resolve()
        paths = [Path(name).resolve() for name in event._data["paths"]]
        # The paths come from a browser: only what was uploaded may be read.
        allowed = [path for path in paths if uploads in path.parents]
        run = str(event._data["run"])
        with running.running(run) as stopped:
            for step in library.add(assistant.library, allowed, stopped):
                yield gr.HTML(adding={"run": run, **step})

    return on_bring


def _server_functions(assistant: Assistant, running: Stoppable) -> list[Callable[..., Any]]:
    """Return what the room's script may call. None of them raises: `error` holds a sentence for the user."""

    def papers(_: Any) -> dict[str, Any]:
        return _answered(lambda: _paper_list(assistant))

    def paper(asked: dict[str, Any]) -> dict[str, Any]:
        span = (asked.get("start"), asked.get("end"))
        return _answered(lambda: {"html": paper_page(assistant.library.paper(str(asked["id"])), *span)})

    def more(asked: dict[str, Any]) -> dict[str, Any]:
        answer = asked["answer"]
        ids = list(dict.fromkeys(citation["paper"]["id"] for citation in answer["citations"]))
        return _answered(lambda: {"questions": follow_ups(assistant, asked["asked"], answer["text"], ids)})

    def rate(asked: dict[str, Any]) -> dict[str, Any]:
        def keep() -> dict[str, Any]:
            feedback.keep(assistant.settings.home, asked["verdict"], asked["answer"])
            return {}

        return _answered(keep)

    def stop(asked: dict[str, Any]) -> dict[str, Any]:
        running.stop(str(asked["name"]))
        return {}

    return [papers, paper, more, rate, stop]


def _paper_list(assistant: Assistant) -> dict[str, Any]:
    records = assistant.library.papers()
    return {"html": library.paper_list(records, assistant.library.systems()), "count": len(records)}


def _answered(work: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    try:
        return work()
    except (AssistantError, LibraryError) as error:
        return {"error": str(error)}
    except Exception:
        log.exception("The page asked for something that could not be given")
        return {"error": "This did not work. The terminal that runs the chat shows the details."}
