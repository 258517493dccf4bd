"""A helper process that reads the files which could take all time and memory there is.

A PDF, a Word document or a page of markup runs through large libraries, and a few hundred bytes of it can keep them
busy for ever. Such a file is read in a process of its own that may take so long and so much, and is killed where it
takes more. It is started at the first such file and used again; it imports the readers and nothing else.
"""

from __future__ import annotations

import atexit
import json
import os
import pickle
import signal
import subprocess
import sys
import threading
from contextlib import suppress
from typing import Final

from index.errors import ReadError
from index.papers import Paper

SECONDS: Final = 120.0
"""Processor time that a file may take: a book of a thousand pages as PDF takes half of it on a slow machine."""

SECONDS_PER_MEGABYTE: Final = 1.0
"""Processor time that each megabyte adds: the slowest reader of many records takes a quarter of it."""

PATIENCE: Final = 5
"""How many times longer than that is waited: a busy machine is slow, and not every system bounds processor time."""

MEMORY: Final = 4 * 2**30
"""Bytes that the process may take: the XML of the largest file takes about three quarters of it. Only Linux and
other systems that keep to RLIMIT_AS enforce it; elsewhere time is the only bound."""

_PROGRAM: Final = (
    "import json, sys; sys.path[:] = json.loads(sys.argv[1]); from index.readers.worker import serve; serve()"
)

_lock = threading.Lock()
_process: subprocess.Popen[bytes] | None = None


def read_apart(data: bytes, path: str) -> list[Paper | ReadError]:
    """Return the papers and errors of a file, read in the helper process; one thread at a time.

    Papers that were read before the process had to be killed are returned too.
    """
    results: list[Paper | ReadError] = []
    seconds = SECONDS + SECONDS_PER_MEGABYTE * len(data) / 2**20
    overran = threading.Event()
    with _lock:
        try:
            process = _started()
        except OSError as error:
            return [
                ReadError(
                    f"{path} cannot be read: no helper process can be started ({error.strerror}).", path=path
                )
            ]
        assert process.stdin is not None
        assert process.stdout is not None

        def give_up() -> None:
            overran.set()
            process.kill()

        timer = threading.Timer(PATIENCE * seconds, give_up)
        timer.daemon = True
        timer.start()
        whole = False
        try:
            pickle.dump((data, path, seconds), process.stdin)
            process.stdin.flush()
            while (result := pickle.load(process.stdout)) is not None:
                results.append(result)
            whole = True
        except (OSError, EOFError, pickle.UnpicklingError):
            results.append(_lost(process, path, seconds, overran.is_set()))
        finally:
            timer.cancel()
            if overran.is_set() or not whole:
                stop()
    return results


def _lost(process: subprocess.Popen[bytes], path: str, seconds: float, overran: bool) -> ReadError:
    """Return what is said of a file at which the process overran, was ended by its own limit, or died."""
    with suppress(subprocess.TimeoutExpired):
        process.wait(1)  # it is ending, or sends what cannot be understood
    process.kill()
    code = process.wait()
    if overran or (hasattr(signal, "SIGPROF") and code == -signal.SIGPROF):
        return ReadError(f"{path} takes more than the {seconds:.0f} seconds that a file may take.", path=path)
    return ReadError(f"{path} cannot be read: the reader broke down over it (exit code {code}).", path=path)


def _started() -> subprocess.Popen[bytes]:
    """Return the helper process, started where there is none. Raises OSError where it cannot be."""
    global _process
    if _process is None or _process.poll() is not None:
        stop()
        _process = subprocess.Popen(
            [sys.executable, "-c", _PROGRAM, json.dumps([str(entry) for entry in sys.path])],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,  # what libraries say of damaged files
        )
    return _process


@atexit.register
def stop() -> None:
    """End the helper process; the next file starts another."""
    global _process
    if _process is not None:
        _process.kill()
        _process.wait()
        for pipe in (_process.stdin, _process.stdout):
            with suppress(OSError):  # what was not yet written is lost with the reader
                if pipe is not None:
                    pipe.close()
        _process = None


def serve() -> None:
    """Read file after file from standard input until it is closed; the helper process runs this."""
    from index.readers import results_of

    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent is asked to stop, and ends this process
    out = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # what libraries print must not come between
    _limit_memory()
    while True:
        try:
            data, path, seconds = pickle.load(sys.stdin.buffer)
        except EOFError:
            return
        _limit_time(seconds)  # ends this process also where the parent is no longer there to do it
        for result in results_of(data, path):
            pickle.dump(result, out)
        pickle.dump(None, out)
        out.flush()
        _limit_time(0)


def _limit_time(seconds: float) -> None:
    """Let the system end this process after so many more seconds of processor time, where it can; 0 is never."""
    if hasattr(signal, "setitimer"):
        signal.setitimer(signal.ITIMER_PROF, seconds)


def _limit_memory() -> None:
    """Bound the memory of this process, where the platform can."""
    try:
        import resource
    except ImportError:
        return
    with suppress(ValueError, OSError):  # a lower limit is already set, or the system has none
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
