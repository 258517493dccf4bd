"""Every reader on mutated files: a paper that holds together, or a ReadError; nothing else, and no hang."""

from __future__ import annotations

import random
from collections import Counter

import documents
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from test_readers import check

from benchmarks.fuzz import MUTATIONS, mutated, read_mutant
from index.errors import ReadError
from index.readers import archive
from index.segmenting import segment

FILES = documents.files()  # a new format is a line there


@pytest.mark.parametrize("name", FILES)
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(chance=st.randoms(use_true_random=False))
def test_a_mutated_file_gives_papers_or_a_read_error(name: str, chance: random.Random) -> None:
    papers, _ = read_mutant(mutated(FILES[name], chance), name)
    for paper in papers:
        check(paper)
        starts = [reference.start for reference in paper.references]
        assert starts == sorted(starts)
        for passage in segment(paper, len, sentence_tokens=400, passage_tokens=900):
            assert paper.text[passage.start : passage.end].strip()


ARCHIVE = documents.zipped({"page.html": documents.WEB_PAGE, "a/paper.md": documents.MARKDOWN, "x.png": b"1"})


@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(chance=st.randoms(use_true_random=False))
def test_a_mutated_archive_gives_members_or_read_errors(chance: random.Random) -> None:
    data = bytearray(ARCHIVE)
    for _ in range(chance.randint(1, 6)):
        if data:
            chance.choice(MUTATIONS)(data, chance)
    try:
        for member in archive.members(bytes(data), "a.zip", Counter()):
            assert isinstance(member, ReadError) or member.path.startswith("a.zip!/")
        archive.names(bytes(data))
    except ReadError as error:
        assert "a.zip" in str(error)
