"""What a library costs as it grows: seconds, memory and disk, at several numbers of papers.

    python -m benchmarks.scaling [PAPERS.jsonl] [--sizes 1000 5000 20000] [--encode 512] [--url URL] [--out FILE]

Papers are the records of a JSON Lines file (`id`, `title`, `abstract`), again with other ids where a size asks for
more than there are; without a file, abstracts of made-up words. Embedding is measured on `--encode` sentences with
the installed model; for the rest vectors are random, which costs nothing to make and is the worst case for the
vector index. With `--url`, an empty Chroma server, the library lies there. Writing and reading take place in
processes of their own, so that memory can be told apart. Beside seconds by the clock there are seconds of
processor time: on a machine that does other work, only those mean something.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import random
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from index.embedding import BUNDLED_DIMENSION, Embedder
from index.library import Library
from index.store import Address

QUESTIONS = (
    "How does KIF14 drive sorafenib resistance?",
    "Which cells divide after the loss of a tumor suppressor?",
    "Does a low dose of aspirin reduce mortality in patients with diabetes?",
    "What is the role of microRNA in the expression of receptors?",
    "Are statins associated with a risk of fracture?",
)
ROUNDS = 4
"""How often each question is searched; vectors differ each time."""

WORDS = 30_000
"""Different words of made-up abstracts; they are drawn as in a language, the n-th with weight 1/n."""

SENTENCES, LENGTH = 9, 22
"""Sentences of a made-up abstract and words of each: what abstracts of PubMed have."""


class RandomEmbedder(Embedder):
    """Counts tokens as the installed model does; its vectors are random."""

    def __init__(self) -> None:
        super().__init__()
        self._random = np.random.default_rng(1)

    @property
    def identity(self) -> str:  # type: ignore[override]
        """Not that of the installed model."""
        return "random"

    def encode(self, texts: Sequence[str]) -> np.ndarray:
        """Return a random vector of unit length for each text."""
        vectors = self._random.standard_normal((len(texts), BUNDLED_DIMENSION), dtype=np.float32)
        unit: np.ndarray = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
        return unit

    def embed_query(self, text: str) -> list[float]:
        """Return a random vector."""
        return [float(x) for x in self.encode([text])[0]]


@dataclass(frozen=True, slots=True)
class Cost:
    """What a library of some papers costs."""

    papers: int
    sentences: int
    write_seconds: float  # by the clock, without embedding
    write_processor: float  # seconds of processor time
    write_memory: int  # bytes at most
    disk: int  # bytes of the newest edition; 0 on a server
    cache: int  # bytes of the BM25 indexes
    open_seconds: float  # until the first search is answered, BM25 made
    reopen_seconds: float  # the same, BM25 in the cache
    reopen_processor: float
    read_memory: int  # bytes of a process that searches, less those of an empty one
    search_milliseconds: float  # median
    search_processor: float  # milliseconds of processor time, mean


def papers_of(file: Path | None, number: int) -> Iterator[dict[str, str]]:
    """Yield papers of a file, or made-up ones; each has an id of its own."""
    if file is None:
        chance = random.Random(1)
        words = [
            "".join(chance.choices("abcdeghilmnoprstuvy", k=chance.randint(2, 11))) for _ in range(WORDS)
        ]
        weights = [1 / n for n in range(1, WORDS + 1)]
        for n in range(number):
            drawn = iter(chance.choices(words, weights, k=(SENTENCES + 1) * LENGTH))
            sentences = [
                " ".join(next(drawn) for _ in range(LENGTH)).capitalize() + "." for _ in range(SENTENCES)
            ]
            yield {"id": f"made-{n}", "title": " ".join(list(drawn)[:12]), "abstract": " ".join(sentences)}
        return
    records = [json.loads(line) for line in file.read_text("utf-8").splitlines()]
    for n in range(number):
        record = records[n % len(records)]
        yield {"id": f"{n}", "title": record["title"], "abstract": record["abstract"]}


def library_in(home: Path, url: str | None) -> Library:
    """Return a library with random vectors in a folder, or on a server."""
    if url is None:
        return Library(home, RandomEmbedder())
    from index.server import ChromaServer

    return Library(home, RandomEmbedder(), ChromaServer(Address(url=url, library=f"scaling-{home.name}")))


def write(home: Path, papers: Path, url: str | None) -> dict[str, Any]:
    """Index papers; measure it."""
    library = library_in(home, url)
    begin, processor = time.perf_counter(), time.process_time()
    report = library.add(papers)
    return {
        "papers": len(report.added),
        "write_seconds": time.perf_counter() - begin,
        "write_processor": time.process_time() - processor,
        "write_memory": peak(),
    }


def read(home: Path, papers: Path, url: str | None) -> dict[str, Any]:
    """Open a library and search it; measure it."""
    del papers
    library = library_in(home, url)
    library.embedder.count_tokens("a word")  # what an empty process holds too
    import bm25s  # noqa: F401
    import chromadb  # noqa: F401

    empty, begin, processor = resident(), time.perf_counter(), time.process_time()
    library.retriever.search(QUESTIONS[0])
    opened = time.perf_counter() - begin, time.process_time() - processor
    seconds, processor = [], time.process_time()
    for _ in range(ROUNDS):
        for question in QUESTIONS:
            begin = time.perf_counter()
            library.retriever.search(question)
            seconds.append(time.perf_counter() - begin)
    return {
        "sentences": library.catalogue().text.sentences.size,
        "open_seconds": opened[0],
        "open_processor": opened[1],
        "read_memory": resident() - empty,
        "search_milliseconds": 1000 * statistics.median(seconds),
        "search_processor": 1000 * (time.process_time() - processor) / len(seconds),
    }


def peak() -> int:
    """Return the most memory that this process has had, in bytes (Linux).

    Not `ru_maxrss`, which begins with what the process that started this one had.
    """
    status = Path("/proc/self/status").read_text()
    [line] = [line for line in status.splitlines() if line.startswith("VmHWM:")]
    return int(line.split()[1]) * 1024


def resident() -> int:
    """Return the memory that this process has now, in bytes (Linux)."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def in_own_process(work: Callable[..., dict[str, Any]], *arguments: object) -> dict[str, Any]:
    """Return what a function returns in a fresh process."""
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        return pool.apply(work, arguments)


def size_of(folder: Path) -> int:
    """Return the bytes of a folder's files."""
    return sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())


def cost_of(number: int, file: Path | None, scratch: Path, url: str | None) -> Cost:
    """Build a library of so many papers, search it, and return what that cost."""
    home, papers = scratch / f"home{number}", scratch / f"{number}.jsonl"
    with papers.open("w", encoding="utf-8") as out:
        out.writelines(json.dumps(paper) + "\n" for paper in papers_of(file, number))
    written = in_own_process(write, home, papers, url)
    first = in_own_process(read, home, papers, url)
    again = in_own_process(read, home, papers, url)
    editions = sorted(path for path in (home / "chroma").glob("0*") if path.is_dir())
    return Cost(
        **written,
        sentences=again["sentences"],
        disk=size_of(editions[-1]) if editions else 0,
        cache=size_of(home / "cache"),
        open_seconds=first["open_seconds"],
        reopen_seconds=again["open_seconds"],
        reopen_processor=again["open_processor"],
        read_memory=again["read_memory"],
        search_milliseconds=again["search_milliseconds"],
        search_processor=again["search_processor"],
    )


def encoding(number: int, file: Path | None) -> dict[str, float]:
    """Return the sentences that the installed model embeds in a second, by the clock and of processor time."""
    sentences = [s for paper in papers_of(file, number) for s in paper["abstract"].split(". ") if s][:number]
    embedder = Embedder()
    embedder.encode(sentences[:8])  # loads the model
    begin, processor = time.perf_counter(), time.process_time()
    embedder.encode(sentences)
    return {
        "sentences_per_second": len(sentences) / (time.perf_counter() - begin),
        "sentences_per_processor_second": len(sentences) / (time.process_time() - processor),
    }


def main() -> None:
    """Measure, print a table, and write the figures as JSON where asked."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("papers", type=Path, nargs="?", help="a JSON Lines file (default: made-up abstracts)")
    parser.add_argument("--sizes", type=int, nargs="+", default=[1000, 5000, 20000], help="numbers of papers")
    parser.add_argument("--encode", type=int, default=512, help="sentences to embed; 0 leaves it out")
    parser.add_argument("--url", help="a Chroma server to put the libraries on")
    parser.add_argument("--out", type=Path, help="file for the figures as JSON")
    args = parser.parse_args()
    figures: dict[str, Any] = {"costs": []}
    if args.encode:
        figures["encoding"] = encoding(args.encode, args.papers)
        print({name: round(value, 1) for name, value in figures["encoding"].items()}, flush=True)
    with tempfile.TemporaryDirectory(prefix="scaling-", ignore_cleanup_errors=True) as scratch:
        for number in args.sizes:
            cost = cost_of(number, args.papers, Path(scratch), args.url)
            figures["costs"].append(asdict(cost))
            print(json.dumps(asdict(cost)), flush=True)
    if args.out:
        args.out.write_text(json.dumps(figures, indent=2) + "\n", "utf-8")


if __name__ == "__main__":
    main()
