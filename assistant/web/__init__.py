"""The web chat: one Gradio page, served to browsers. `build` makes the page, `serve` serves it."""

from __future__ import annotations

import os

os.environ["GRADIO_ANALYTICS_ENABLED"] = (
    "False"  # read when Gradio is imported; nothing may leave the machine
)

from assistant.web.page import build
from assistant.web.server import serve

__all__ = ["build", "serve"]
