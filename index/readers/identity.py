"""Stable ids: the same work gets the same id from every file and every format."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import replace
from hashlib import sha256
from typing import Final

from index.normalising import fold
from index.papers import Record

_DIGEST_LENGTH: Final = 8  # hexadecimal digits: 2**32 ids after the same name and year are enough
# Letters that Unicode does not take apart into a base letter and a mark.
_STROKED: Final = str.maketrans(
    {"ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "æ": "ae", "œ": "oe", "ı": "i"}
)


def with_id(record: Record) -> Record:
    """Return `record` with an id such as `zhu-2020-1a2b3c4d`; one that it already has is kept.

    Surname of the first author (or first word of the title), year (or `nd`), and the start of the SHA-256
    digest of the work's DOI, else PMCID, else PMID, else title.
    """
    if record.id:
        return record
    name = record.authors[0].rsplit(" ", 1)[-1] if record.authors else record.title
    year = record.year or "nd"
    digest = sha256(_work_key(record).encode()).hexdigest()[:_DIGEST_LENGTH]
    return replace(record, id=f"{_ascii_word(name)}-{year}-{digest}")


def _work_key(record: Record) -> str:
    """Return what tells this work from every other one."""
    return fold(record.doi or record.pmcid or record.pmid or record.title)


def _ascii_word(name: str) -> str:
    """Return the first word of `name` in lower-case ASCII letters and digits; `paper` where there is none."""
    plain = unicodedata.normalize("NFKD", fold(name).translate(_STROKED)).encode("ascii", "ignore").decode()
    found = re.search(r"[a-z0-9]+", plain)
    return found.group() if found else "paper"
