"""A library on a real Chroma server on this machine: editions, leases, restarts, errors."""

from __future__ import annotations

import json
import multiprocessing
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from multiprocessing.context import ForkServerContext
from pathlib import Path

import crashing
import httpx
import pytest
from fakes import FakeEmbedder, contents, json_lines

from assistant import cli
from assistant.errors import SettingsError
from assistant.settings import Settings
from index import adding, drafting, library, server, store
from index.errors import EmbeddingMismatch, LibraryBusy, StoreError
from index.library import Library
from index.server import ChromaServer, Lease
from index.server_store import ServerStore
from index.store import Address

START_SECONDS = 120.0
PROGRAM = "from chromadb.cli.cli import app; app()"


def texts(version: int, papers: int = 12) -> dict[str, str]:
    return {
        f"p{n}": f"Gene{n} acts on cells in version {version}. It is number {n}. Gene{n} is studied."
        for n in range(papers)
    }


class Running:
    """A Chroma server that can be stopped and started again."""

    def __init__(self, folder: Path) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.folder = folder
        self.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        arguments = ["run", "--path", str(self.folder), "--host", "127.0.0.1", "--port", str(self.port)]
        self.process = subprocess.Popen(
            [sys.executable, "-c", PROGRAM, *arguments], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        end = time.monotonic() + START_SECONDS
        while True:
            try:
                httpx.get(f"{self.url}/api/v2/heartbeat", timeout=1.0)
                return
            except httpx.TransportError:
                assert time.monotonic() < end, "the server does not start"
                time.sleep(0.1)

    def stop(self, how: signal.Signals = signal.SIGKILL) -> None:
        self.process.send_signal(how)
        self.process.wait()


@pytest.fixture(scope="module")
def chroma(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    running = Running(tmp_path_factory.mktemp("server"))
    yield running
    running.stop()


@pytest.fixture
def address(chroma: Running, request: pytest.FixtureRequest) -> Address:
    """An address with a library of the test's own."""
    name = "".join(c if c.isalnum() else "-" for c in request.node.name)[:60].strip("-")
    return Address(url=chroma.url, library=name)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "papers.jsonl"
    path.write_text(json_lines(texts(0)))
    return path


def opened(home: Path, address: Address, model: str = "fake") -> Library:
    return Library(home, FakeEmbedder(model), ChromaServer(address))


def rows(of: Library) -> set[str]:
    """Return the ids of all rows but papers'."""
    on_server = of.store
    assert isinstance(on_server, ServerStore)
    return {
        row
        for name in ("text", "bibliography", "contents")
        for page in on_server._all(name)
        for row in page["ids"]
    }


def promised(of: Library) -> set[str]:
    on_server = of.store
    assert isinstance(on_server, ServerStore)
    manifests = on_server._manifests().values()
    return {row for m in manifests for name in ("text", "bibliography", "contents") for row in m.rows(name)}


def well(of: Library) -> bool:
    return all(finding.ok for finding in of.diagnose())


def test_a_library_on_a_server_is_like_one_in_a_folder(tmp_path: Path, address: Address, file: Path) -> None:
    here, there = Library(tmp_path / "here", FakeEmbedder()), opened(tmp_path / "there", address)
    assert there.is_empty()
    assert there.papers() == ()
    assert "empty" in there.diagnose()[0].detail
    for shelf in (here, there):
        assert len(shelf.add(file).added) == 12
        assert len(shelf.add(file).unchanged) == 12
        file.write_text(json_lines(texts(0) | {"p3": "Another text."}))
        assert [record.id for record in shelf.add(file).changed] == ["p3"]
        shelf.remove("p4")
        file.write_text(json_lines(texts(0)))
    assert contents(there) == contents(here)
    assert rows(there) == promised(there)
    assert well(there)
    assert not there.is_empty()
    question = "gene7 acts on cells"
    found = [
        [(hit.record.id, hit.text, round(hit.score, 4)) for hit in one.retriever.search(question)]
        for one in (here, there)
    ]
    assert found[0] == found[1]
    assert not (tmp_path / "there" / "chroma").exists()


def test_readers_follow_a_writer(tmp_path: Path, address: Address, file: Path) -> None:
    writer, reader = opened(tmp_path / "a", address), opened(tmp_path / "b", address)
    writer.add(file)
    assert len(reader.papers()) == 12
    writer.remove("p1")
    assert "p1" not in reader.catalogue().papers
    file.write_text(json_lines(texts(1)))
    writer.add(file)
    found = " ".join(hit.text for hit in reader.retriever.search("acts on cells in version"))
    assert "version 1" in found
    assert "version 0" not in found


def test_a_search_during_a_publication_is_made_again(
    tmp_path: Path, address: Address, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    writer, reader = opened(tmp_path / "a", address), opened(tmp_path / "b", address)
    writer.add(file)
    reader.retriever.search("gene3")
    file.write_text(json_lines(texts(1)))
    real, times = ServerStore.nearest, []

    def meanwhile(self: ServerStore, *args: object) -> dict[str, float]:
        if not times:
            times.append(1)
            writer.add(file)
        return real(self, *args)  # type: ignore[arg-type]

    monkeypatch.setattr(ServerStore, "nearest", meanwhile)
    found = " ".join(hit.text for hit in reader.retriever.search("gene3 acts"))
    assert "version 1" in found
    assert "version 0" not in found


def test_two_libraries_share_a_server(tmp_path: Path, address: Address, file: Path) -> None:
    other = Address(url=address.url, library="another")
    opened(tmp_path, address).add(file)
    assert opened(tmp_path, other).is_empty()
    opened(tmp_path, other).add(file)
    opened(tmp_path, other).remove("p0")
    assert len(opened(tmp_path, address).papers()) == 12


def test_a_collection_that_is_no_library_is_said(tmp_path: Path, address: Address) -> None:
    client = store.connect(address)
    client.create_collection(address.library, metadata={"somebody": "else"}, embedding_function=None)
    with pytest.raises(StoreError, match="ASSISTANT_LIBRARY"):
        opened(tmp_path, address).papers()


def test_tenant_and_database_are_made_by_the_first_writer(
    tmp_path: Path, chroma: Running, file: Path
) -> None:
    address = Address(url=chroma.url, library="mine", tenant="laboratory", database="liver")
    assert opened(tmp_path, address).is_empty()
    opened(tmp_path, address).add(file)
    assert len(opened(tmp_path, address).papers()) == 12
    elsewhere = Address(url=chroma.url, library="mine", tenant="laboratory", database="kidney")
    assert opened(tmp_path, elsewhere).is_empty()


# --- one writer at a time ------------------------------------------------------------------------------


def test_a_second_writer_is_told_to_wait(
    tmp_path: Path, address: Address, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(library, "LOCK_SECONDS", 1.0)
    one, other = opened(tmp_path, address), opened(tmp_path, address)
    one.add(file)
    with one._locked():
        begin = time.monotonic()
        with pytest.raises(LibraryBusy, match=f"'{address.library}' on {address.url}"):
            other.add(file)
        assert time.monotonic() - begin < 5
        assert len(other.papers()) == 12
    assert len(other.add(file).unchanged) == 12


def test_of_many_that_want_the_lease_one_gets_it_at_a_time(
    address: Address, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server, "LOOK_SECONDS", 0.01)
    head = store.connect(address).create_collection(address.library, embedding_function=None)
    inside, most, done = [0], [0], []

    def write() -> None:
        lease = Lease(head, "here")
        lease.acquire(30.0)
        inside[0] += 1
        most[0] = max(most[0], inside[0])
        time.sleep(0.02)
        lease.check()
        inside[0] -= 1
        lease.release()
        done.append(1)

    threads = [threading.Thread(target=write) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (len(done), most[0]) == (8, 1)


def test_a_dead_writer_is_succeeded_and_notices(
    tmp_path: Path, address: Address, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server, "LEASE_SECONDS", 1.0)
    monkeypatch.setattr(server, "BEAT_SECONDS", 60.0)  # no sign of life
    first, second = opened(tmp_path, address), opened(tmp_path, address)
    first.add(file)
    file.write_text(json_lines(texts(1)))
    real = ServerStore._write_sentences
    taken_over = []

    def slowly(self: ServerStore, *args: object) -> None:
        real(self, *args)  # type: ignore[arg-type]
        if not taken_over:
            taken_over.append(1)
            second.remove("p1")

    monkeypatch.setattr(ServerStore, "_write_sentences", slowly)
    with pytest.raises(StoreError, match="took over writing"):
        first.add(file)
    reader = opened(tmp_path, address)
    assert len(reader.papers()) == 11
    assert well(reader)
    assert all("version 0" in paper.text for paper in reader.catalogue().papers.values())


# --- crashes -------------------------------------------------------------------------------------------


def hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """Do in this process what `crashing.hurry_on_server` does in others, until the end of the test."""
    monkeypatch.setattr(adding, "GROUP_SENTENCES", adding.GROUP_SENTENCES)
    monkeypatch.setattr(drafting, "PUBLISH_SECONDS", drafting.PUBLISH_SECONDS)
    monkeypatch.setattr(server, "LEASE_SECONDS", server.LEASE_SECONDS)
    monkeypatch.setattr(server, "BEAT_SECONDS", server.BEAT_SECONDS)
    for name in ("batch_size", "sync_threshold"):
        monkeypatch.setitem(store.HNSW, name, 0)  # taken away again at the end
    crashing.hurry_on_server()


@pytest.mark.slow
def test_a_writer_that_is_killed_leaves_each_paper_old_or_new(
    tmp_path: Path, address: Address, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The server stays; the one who writes to it dies at random moments."""
    import random

    chance, file = random.Random(11), tmp_path / "papers.jsonl"
    processes = crash_processes()
    allowed: dict[str, set[str]] = {}
    for version in range(10):
        file.write_text(json_lines(texts(version)))
        ours, theirs = processes.Pipe()
        process = processes.Process(target=crashing.change_on_server, args=(tmp_path, address, file, theirs))
        process.start()
        ours.recv()
        process.join(chance.uniform(0, 1.5))
        process.kill()
        process.join()
        reader = opened(tmp_path, address)
        assert well(reader)
        for id, text in texts(version).items():
            allowed.setdefault(id, set()).add(text)
        found = {id: paper.text for id, paper in reader.catalogue().papers.items()}
        for id, text in found.items():
            [one] = [old for old in allowed[id] if text.endswith(old)]
            allowed[id] = {one, texts(version)[id]}
    hurried(monkeypatch)
    survivor = opened(tmp_path, address)
    survivor.add(file)
    clean = Library(tmp_path / "clean", FakeEmbedder())
    clean.add(file)
    assert contents(survivor) == contents(clean)
    assert rows(survivor) == promised(survivor)  # what the dead left is swept


def crash_processes() -> ForkServerContext:
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["crashing", "chromadb", "index.server"])
    return context


@pytest.mark.slow
@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM])
def test_the_server_may_be_restarted_in_the_middle(
    tmp_path: Path, file: Path, monkeypatch: pytest.MonkeyPatch, how: signal.Signals
) -> None:
    monkeypatch.setattr(adding, "GROUP_SENTENCES", 4)
    running = Running(tmp_path / "server")
    address = Address(url=running.url, library="restarted")
    file.write_text(json_lines(texts(0, 40)))
    writer, reader = opened(tmp_path / "a", address), opened(tmp_path / "b", address)
    writer.add(file)
    assert len(reader.papers()) == 40
    file.write_text(json_lines(texts(1, 40)))
    errors: list[BaseException] = []
    done = threading.Event()

    def read() -> None:
        try:
            while not done.is_set():
                assert reader.retriever.search("gene3 acts on cells")
        except BaseException as error:
            errors.append(error)

    def restart() -> None:
        for _ in range(2):
            time.sleep(0.3)
            running.stop(how)
            time.sleep(0.5)
            running.start()

    threads = [threading.Thread(target=read), threading.Thread(target=restart)]
    for thread in threads:
        thread.start()
    writer.add(file)
    threads[1].join()
    done.set()
    threads[0].join()
    assert errors == []
    clean = Library(tmp_path / "clean", FakeEmbedder())
    clean.add(file)
    assert contents(opened(tmp_path, address)) == contents(clean)
    assert rows(writer) == promised(writer)
    running.stop()


def test_what_is_missing_is_said_and_mended(tmp_path: Path, address: Address, file: Path) -> None:
    one = opened(tmp_path, address)
    one.add(file)
    before = contents(one)
    client = store.connect(address)
    sentences = client.get_collection(f"{address.library}.text.1", embedding_function=None)
    sentences.delete(ids=sentences.get()["ids"][3:9])
    broken = opened(tmp_path, address)
    assert "repair" in broken.diagnose()[1].detail
    broken.repair()
    assert contents(broken) == before
    assert well(broken)


def test_of_contents_that_are_gone_the_files_are_read_again(
    tmp_path: Path, address: Address, file: Path
) -> None:
    one = opened(tmp_path, address)
    one.add(file)
    before = contents(one)
    store.connect(address).delete_collection(f"{address.library}.contents.1")
    broken = opened(tmp_path, address)
    [finding] = broken.diagnose()
    assert not finding.ok
    assert "repair" in finding.detail
    report = broken.repair()
    assert not report.failed
    assert contents(opened(tmp_path, address)) == before


def test_a_change_of_model_takes_the_place_of_the_old_one_whole(
    tmp_path: Path, address: Address, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(adding, "GROUP_SENTENCES", 8)
    monkeypatch.setattr(drafting, "PUBLISH_SECONDS", 0.0)
    old = opened(tmp_path, address)
    old.add(file)
    file.unlink()
    new = opened(tmp_path, address, "other")
    with pytest.raises(EmbeddingMismatch):
        new.papers()

    def stop(progress: adding.Progress) -> None:
        if progress.papers_done > 5:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        new.repair(progress=stop)
    assert len(old.papers()) == 12
    assert old.retriever.search("gene3")
    assert len(new.repair().added) == 12
    assert len(new.papers()) == 12
    with pytest.raises(EmbeddingMismatch):
        old.retriever.search("gene3")
    names = {collection.name for collection in store.connect(address).list_collections(1000)}
    assert {name for name in names if name.startswith(f"{address.library}.")} == {
        f"{address.library}.{part}.2" for part in ("papers", "contents", "text", "bibliography")
    }


def test_stopped_work_keeps_whole_papers_and_goes_on(
    tmp_path: Path, address: Address, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(adding, "GROUP_SENTENCES", 8)
    one = opened(tmp_path, address)

    def stop(progress: adding.Progress) -> None:
        if progress.papers_done > 5:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        one.add(file, progress=stop)
    kept = len(one.papers())
    assert 5 < kept < 12
    assert well(one)
    assert len(one.add(file).unchanged) == kept
    assert rows(one) == promised(one)


def test_large_papers_lie_in_slices(tmp_path: Path, address: Address, file: Path) -> None:
    file.write_text(json_lines({"long": "Naïve β‐cells 𝒜 \x00 live. " * 1500}))
    one, here = opened(tmp_path, address), Library(tmp_path / "here", FakeEmbedder())
    one.add(file)
    here.add(file)
    assert contents(one) == contents(here)
    on_server = one.store
    assert isinstance(on_server, ServerStore)
    documents = [text for page in on_server._all("contents", ["documents"]) for text in page["documents"]]
    assert len(documents) > 5
    assert max(len(text.encode()) for text in documents) <= 16_384


# --- tokens and errors ---------------------------------------------------------------------------------


class Guard(BaseHTTPRequestHandler):
    """A proxy that lets in those who have the token, as hosted servers do."""

    upstream = ""
    refused = 0

    def _pass_on(self) -> None:
        if self.headers.get("x-chroma-token") != "secret":
            type(self).refused += 1
            self._reply(401, b'{"error": "Unauthorized"}')
            return
        body = self.rfile.read(int(self.headers.get("Content-Length", 0))) or None
        response = httpx.request(
            self.command,
            self.upstream + self.path,
            content=body,
            headers={"Content-Type": "application/json"},
        )
        self._reply(response.status_code, response.content)

    def _reply(self, status: int, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_GET = do_POST = do_PUT = do_DELETE = do_PATCH = _pass_on

    def log_message(self, *args: object) -> None:
        pass


@pytest.fixture
def guarded(chroma: Running) -> Iterator[str]:
    guard = type("GuardOfThisTest", (Guard,), {"upstream": chroma.url})
    with ThreadingHTTPServer(("127.0.0.1", 0), guard) as proxy:
        threading.Thread(target=proxy.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{proxy.server_port}"
        proxy.shutdown()


def test_the_token_is_sent_and_never_shown(tmp_path: Path, guarded: str, file: Path) -> None:
    address = Address(url=guarded, library="guarded", token="secret", tenant="hosted", database="papers")
    one = opened(tmp_path, address)
    one.add(file)
    assert len(one.papers()) == 12
    assert "secret" not in repr(address)
    for token in (None, "wrong-one"):
        shut_out = opened(tmp_path, Address(url=guarded, library="guarded", token=token))
        with pytest.raises(StoreError, match="does not let you in: correct ASSISTANT_CHROMA_TOKEN") as caught:
            shut_out.papers()
        assert "wrong-one" not in str(caught.value)


def environment(monkeypatch: pytest.MonkeyPatch, **values: str) -> None:
    for name, value in values.items():
        monkeypatch.setenv(f"ASSISTANT_{name.upper()}", value)


def test_settings_name_a_server() -> None:
    settings = Settings.from_env(
        {
            "ASSISTANT_CHROMA_URL": "https://api.trychroma.com/",
            "ASSISTANT_CHROMA_TOKEN": "secret",
            "ASSISTANT_CHROMA_TENANT": "t",
            "ASSISTANT_CHROMA_DATABASE": "d",
            "ASSISTANT_LIBRARY": "mine",
        },
        home="h",
    )
    assert (settings.chroma_url, settings.chroma_tenant) == ("https://api.trychroma.com", "t")
    assert (settings.chroma_database, settings.library) == ("d", "mine")
    assert "secret" not in repr(settings)
    assert Settings.from_env({}, home="h").chroma_url is None


@pytest.mark.parametrize("url", ["localhost:8000", "ftp://a:1", "http://", "http://a:x", "http://a:99999"])
def test_a_url_that_is_none_is_said(url: str) -> None:
    with pytest.raises(SettingsError, match="http://host:port"):
        Settings.from_env({"ASSISTANT_CHROMA_URL": url}, home="h")


@pytest.mark.parametrize("name", ["a", "two words", "a.b", "-ab", "ü" * 5, "x" * 61])
def test_a_name_that_no_library_may_have_is_said(name: str) -> None:
    with pytest.raises(SettingsError, match="ASSISTANT_LIBRARY"):
        Settings.from_env({"ASSISTANT_CHROMA_URL": "http://a:1", "ASSISTANT_LIBRARY": name}, home="h")


@pytest.mark.parametrize(
    "command", [["papers"], ["search", "KIF14"], ["index"], ["remove", "p1"], ["repair"]]
)
def test_a_server_that_is_away_is_one_sentence(
    command: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        environment(monkeypatch, chroma_url=f"http://127.0.0.1:{free.getsockname()[1]}")
        if command == ["index"]:
            (tmp_path / "paper.txt").write_text("A title\n\nAnn Bee\n\nAbstract\n\nA text.\n")
            command = ["index", str(tmp_path / "paper.txt")]
        begin = time.monotonic()
        assert cli.main([*command, "--home", str(tmp_path / "home")]) == 2
        assert time.monotonic() - begin < 30
    out, err = capsys.readouterr()
    assert out == ""
    assert len(err.strip().splitlines()) == 1
    assert "cannot be reached: start it, or correct ASSISTANT_CHROMA_URL." in err


def test_the_doctor_says_that_the_server_is_away(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    environment(monkeypatch, chroma_url="http://127.0.0.1:9", chroma_token="secret")
    assert cli.main(["doctor", "--json", "--home", str(tmp_path)]) == 1
    out = capsys.readouterr().out
    assert "secret" not in out
    problems = [finding for finding in json.loads(out) if not finding["ok"]]
    assert ["cannot be reached" in finding["detail"] for finding in problems] == [True]


def test_a_server_that_never_answers_does_not_hold_one_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store, "FIRST_ANSWER_SECONDS", 0.3)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        address = Address(url=f"http://127.0.0.1:{silent.getsockname()[1]}", library="silent")
        with pytest.raises(StoreError, match="cannot be reached"):
            opened(tmp_path, address).papers()


def test_a_server_of_something_else_is_said(tmp_path: Path) -> None:
    class Other(Guard):
        def _pass_on(self) -> None:
            self._reply(404, b"<html>nothing here\nbut this</html>")

        do_GET = do_POST = _pass_on

    with ThreadingHTTPServer(("127.0.0.1", 0), Other) as other:
        threading.Thread(target=other.serve_forever, daemon=True).start()
        address = Address(url=f"http://127.0.0.1:{other.server_port}", library="lost")
        with pytest.raises(
            StoreError, match=r"did not do what it was asked \(<html>nothing here but this</html>\)"
        ):
            opened(tmp_path, address).papers()
        other.shutdown()
