"""Gradio's theme in the room's fonts and colours: it is seen before the room is there, and at the log-in."""

from __future__ import annotations

import gradio as gr

LIGHT = {"paper": "#fbfaf8", "sheet": "#ffffff", "ink": "#1f1d1a", "line": "#e7e3dc", "accent": "#0f6b5c"}
DARK = {"paper": "#161513", "sheet": "#1e1c1a", "ink": "#e9e6df", "line": "#35322d", "accent": "#6fc9b5"}
"""The same values as in `static/page.css`."""

ROLES = {
    "body_background_fill": "paper",
    "background_fill_primary": "paper",
    "background_fill_secondary": "paper",
    "body_text_color": "ink",
    "block_background_fill": "sheet",
    "block_label_text_color": "ink",
    "block_title_text_color": "ink",
    "block_border_color": "line",
    "border_color_primary": "line",
    "input_background_fill": "paper",
    "input_border_color": "line",
    "input_border_color_focus": "accent",
    "button_primary_background_fill": "accent",
    "button_primary_background_fill_hover": "accent",
    "button_primary_text_color": "paper",
}
"""Gradio's variables, and which of our colours each takes."""


def theme() -> gr.themes.Base:
    """Return the theme; it loads nothing from elsewhere."""
    colours = {variable: LIGHT[role] for variable, role in ROLES.items()}
    colours |= {f"{variable}_dark": DARK[role] for variable, role in ROLES.items()}
    fonts = {"font": [gr.themes.Font("system-ui")], "font_mono": [gr.themes.Font("ui-monospace")]}
    return gr.themes.Base(**fonts).set(**colours)
