"""A real suite, started the way an operator starts it: ``dg up`` in a directory of its own, on free ports."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import IO, Any, TypeVar

T = TypeVar("T")
START_S = 90.0
STOP_S = 30.0
REPOSITORY = Path(__file__).resolve().parents[3]

# Ends the suite when the process that started it is gone, however it went: the end of the owner is the end of its pipe.
GUARD = """
read -r _ || true
pid=$1
running() { [ "$(cat "/proc/$pid/comm" 2>/dev/null)" = dg ] && ! grep -q '^State:.Z' "/proc/$pid/status" 2>/dev/null; }
if running; then
    kill -TERM "$pid" 2>/dev/null
    n=0
    while running && [ $n -lt 400 ]; do sleep 0.05; n=$((n + 1)); done
fi
rm -rf -- "$2"
"""


def programs() -> Path | None:
    """Where ``dg`` and the daemons are, if they are built."""
    target = Path(os.environ.get("CARGO_TARGET_DIR", REPOSITORY / "target"))
    places = [Path(os.environ["DG_BIN_DIR"])] if "DG_BIN_DIR" in os.environ else [target / "debug", target / "release"]
    return next((place for place in places if (place / "dg").is_file()), None)


class Suite:
    """A running suite without the demo."""

    def __init__(self) -> None:
        # The private server may run as another account, which has to get through.
        self.dir = Path(tempfile.mkdtemp(prefix="dg-python-"))
        self.dir.chmod(0o755)
        self.api_port = 0
        self._guard: subprocess.Popen[bytes] | None = None
        try:
            self._launch()
        except BaseException:
            self.remove()
            raise

    def _launch(self) -> None:
        where = programs()
        assert where is not None, "not built: cargo build --workspace --bins"
        env = {key: value for key, value in os.environ.items() if key not in {"DATABASE_URL", "NOTIFY_SOCKET"}}
        with (self.dir / "suite.log").open("ab") as log:
            self._dg = subprocess.Popen(
                [
                    *(where / "dg", "up", "--dir", self.dir / "state", "--no-demo", "--json"),
                    *("--api-port", str(self.api_port), "--console-port", "0"),
                ],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=log,
                cwd=self.dir,
                env=env,
            )
        self._guard = subprocess.Popen(
            ["sh", "-c", GUARD, "guard", str(self._dg.pid), self.dir],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            cwd="/",
            start_new_session=True,
        )
        ready = self._await_ready()
        self.api_url: str = ready["api_url"].rstrip("/")
        self.admin_token: str = ready["admin_token"]
        self.api_port = int(self.api_url.rsplit(":", 1)[1])

    def _await_ready(self) -> dict[str, Any]:
        found: list[dict[str, Any]] = []
        seen = threading.Event()
        assert self._dg.stdout is not None
        threading.Thread(target=_read_lines, args=(self._dg.stdout, found, seen), daemon=True).start()
        if not seen.wait(START_S) or not found:
            raise AssertionError(f"the suite did not become ready\n{self.log_tail()}")
        return found[0]

    def stop(self) -> None:
        """Stops everything in order and waits for the end."""
        if self._dg.poll() is None:
            self._dg.send_signal(signal.SIGTERM)
        self._dg.wait(STOP_S)
        if self._dg.stdout is not None:
            self._dg.stdout.close()

    def start(self) -> None:
        """Starts it again in the same directory, on the same port of the API; the token is another one."""
        self._leave()
        self._launch()

    def signal(self, name: str, number: signal.Signals) -> None:
        """Sends a signal to one daemon."""
        for pid in _descendants(self._dg.pid):
            with contextlib.suppress(OSError):
                if (Path("/proc") / str(pid) / "comm").read_text().strip() == name:
                    os.kill(pid, number)

    def log_tail(self) -> str:
        """The last lines that it and its children wrote."""
        return "\n".join((self.dir / "suite.log").read_text(errors="replace").splitlines()[-60:])

    def _leave(self) -> None:
        """Ends the guard without letting it act."""
        if self._guard is not None:
            self._guard.kill()
            self._guard.wait()
            if self._guard.stdin is not None:
                self._guard.stdin.close()

    def remove(self) -> None:
        """Stops it and removes its directory."""
        if hasattr(self, "_dg"):
            self.stop()
        self._leave()
        shutil.rmtree(self.dir, ignore_errors=True)


def _read_lines(stdout: IO[bytes], found: list[dict[str, Any]], seen: threading.Event) -> None:
    with contextlib.suppress(ValueError, OSError):
        for line in stdout:
            with contextlib.suppress(ValueError):
                value = json.loads(line)
                if value.get("event") == "ready":
                    found.append(value)
                    seen.set()
    seen.set()


def _descendants(pid: int) -> list[int]:
    children: dict[int, list[int]] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with contextlib.suppress(OSError, IndexError, ValueError):
                parent = int((entry / "stat").read_text().rsplit(")", 1)[1].split()[1])
                children.setdefault(parent, []).append(int(entry.name))
    found, open_ = [], [pid]
    while open_:
        below = children.get(open_.pop(), [])
        found += below
        open_ += below
    return found


def until(condition: Callable[[], T], what: str, timeout: float = 20.0) -> T:
    """Waits until ``condition`` answers something true, and answers that."""
    end = time.monotonic() + timeout
    while not (value := condition()):
        assert time.monotonic() < end, f"waited {timeout:g} s for {what}"
        time.sleep(0.01)
    return value
