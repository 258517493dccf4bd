"""Counting tokens without a network.

tiktoken downloads an encoding at its first use. Here it is used only where its cache already holds the
encoding; otherwise an estimate on the safe side is used, and nothing is ever fetched.
"""

from __future__ import annotations

import hashlib
import os
import re
import tempfile
from collections.abc import Callable
from functools import cache
from pathlib import Path

ENCODING = "o200k_base"
"""The encoding of the GPT-4o family and later; other families' counts differ by some per cent."""

# Where tiktoken gets the encoding and what it must hash to (tiktoken 0.14, tiktoken_ext/openai_public.py).
# tiktoken names its cached files by the SHA-1 of the address, and fetches again what does not match.
_SOURCE = "https://openaipublic.blob.core.windows.net/encodings/o200k_base.tiktoken"
_SHA256 = "446a9538cb6c348e3516120d7c08b09f57c36495e2acfffe59a5bf8b0cfb1a2d"

_PIECES = re.compile(r"(?P<digits>\d+)|(?P<letters>[^\W\d_]+)|(?P<sign>[^\w\s]|_)|\n+")


def counter() -> Callable[[str], int]:
    """Return a function that counts the tokens of a text: exact where tiktoken's cache allows, else safe."""
    return _exact_counter() if _is_cached() else estimate


def estimate(text: str) -> int:
    """Return an upper estimate of the tokens of a text.

    Three digits a token, as in the encoding; a lower-case word four letters a token, one with inner capitals
    (gene symbols, codes) two; any other character its UTF-8 bytes at worst.
    """
    total = 0
    for piece in _PIECES.finditer(text):
        run = piece[0]
        if piece["digits"]:
            total += -(-len(run) // 3)
        elif piece["letters"] and run.isascii():
            total += -(-len(run) // (4 if run[1:].islower() or len(run) == 1 else 2))
        elif run.isascii():
            total += 1
        else:
            total += len(run.encode())
    return total


def _is_cached() -> bool:
    """Return whether tiktoken would find the encoding in its cache, sound, and so need no network."""
    folder = os.environ.get("TIKTOKEN_CACHE_DIR", os.environ.get("DATA_GYM_CACHE_DIR"))
    if folder == "":  # tiktoken takes the empty name for "no cache"
        return False
    path = Path(folder or Path(tempfile.gettempdir()) / "data-gym-cache")
    try:
        content = (path / hashlib.sha1(_SOURCE.encode()).hexdigest()).read_bytes()
    except OSError:
        return False
    return hashlib.sha256(content).hexdigest() == _SHA256


@cache
def _exact_counter() -> Callable[[str], int]:
    import tiktoken

    encoding = tiktoken.get_encoding(ENCODING)
    return lambda text: len(encoding.encode(text, disallowed_special=()))
