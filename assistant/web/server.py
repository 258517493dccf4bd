"""Serving the page."""

from __future__ import annotations

import socket
import sys
import threading
from contextlib import suppress
from typing import TYPE_CHECKING

import gradio as gr

from assistant.errors import AssistantError, SettingsError
from assistant.progress import showing_progress
from assistant.web.page import TITLE, build
from assistant.web.templating import HERE, style
from assistant.web.theme import theme
from index.errors import LibraryError

if TYPE_CHECKING:
    from assistant.chain import Assistant

HIGHEST_PORT = 65535
"""The largest number that TCP has for a port."""

LARGEST_UPLOAD = "100mb"
"""A file; the longest full-text papers are a few megabytes."""


def serve(
    assistant: Assistant, *, host: str = "127.0.0.1", port: int = 7860, auth: str | None = None
) -> None:
    """Serve the chat until it is interrupted.

    Raises:
        SettingsError: the port is in use or cannot be used, or `auth` is not `user:password`.
        LibraryError: the library cannot be opened, or the seed papers not be put into it.
    """
    credentials = _credentials(auth)
    _check_port(host, port)
    with showing_progress() as show:
        assistant.fill(show)
    page = build(assistant)
    try:
        launch(page, host=host, port=port, auth=credentials)
    except OSError as error:  # taken between the check and the start
        raise SettingsError(_port_message(host, port)) from error
    sys.stdout.write(f"The chat is at {page.local_url} (Ctrl+C stops it)\n")
    sys.stdout.flush()
    threading.Thread(target=_warm_up, args=[assistant], name="warming up", daemon=True).start()
    page.block_thread()


def _warm_up(assistant: Assistant) -> None:
    """Load what the first question needs while the page is being looked at."""
    with suppress(LibraryError, AssistantError):  # the first question says what is wrong
        assistant.warm_up()


def launch(page: gr.Blocks, *, host: str, port: int | None, auth: tuple[str, str] | None = None) -> None:
    """Start the server in the background; a port of None is any that is free. Raises OSError where it cannot."""
    page.launch(
        server_name=host,
        server_port=port,
        auth=auth,
        auth_message=TITLE if auth else None,
        share=False,
        ssr_mode=False,  # a second server in Node would only start later and show the same page
        theme=theme(),
        head=style(),
        favicon_path=HERE / "static" / "favicon.svg",
        footer_links=[],
        run_history=False,
        max_file_size=LARGEST_UPLOAD,
        quiet=True,
        prevent_thread_lock=True,
    )


def _credentials(auth: str | None) -> tuple[str, str] | None:
    if not auth:
        return None
    user, colon, password = auth.partition(":")
    if not (user and colon and password):
        raise SettingsError("--auth needs a user and a password, written user:password.")
    return user, password


def _check_port(host: str, port: int) -> None:
    """Say early and in one sentence that the page cannot be served here."""
    if not 0 < port <= HIGHEST_PORT:
        raise SettingsError(f"--port needs a number from 1 to {HIGHEST_PORT}; {port} is none.")
    try:
        address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[0]
        with socket.socket(address[0], address[1]) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address[4])
    except OSError as error:
        raise SettingsError(_port_message(host, port)) from error


def _port_message(host: str, port: int) -> str:
    return f"Port {port} on {host} is in use or cannot be opened: choose another with --port."
