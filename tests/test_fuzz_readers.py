"""Every reader on mutated files: a paper that holds together, or a ReadError; nothing else, and no hang."""

from __future__ import annotations

import random

import documents
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from test_readers import check

from benchmarks.fuzz import mutated, read_mutant
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
