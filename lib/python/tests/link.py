"""A connection to the service that can be made to fail."""

from __future__ import annotations

import contextlib
import socket
import threading


class Link:
    """Stands between clients and the service until it is closed."""

    def __init__(self, api_url: str) -> None:
        host, port = api_url.removeprefix("http://").rsplit(":", 1)
        self._service = (host, int(port))
        self._down = False
        self._lose = 0
        self._guard = threading.Lock()
        self._open: set[socket.socket] = set()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        threading.Thread(target=self._accept, daemon=True).start()

    def down(self) -> None:
        """Nothing gets through, and what is open is cut."""
        self._down = True
        self.cut()

    def up(self) -> None:
        self._down = False

    def cut(self) -> None:
        """What is open is cut; new connections get through."""
        with self._guard:
            for side in self._open:
                _cut(side)

    def lose(self, answers: int) -> None:
        """The next requests reach the service, and their answers are lost."""
        with self._guard:
            self._lose = answers

    def close(self) -> None:
        self.down()
        # Closing alone leaves the thread in its accept.
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            if self._down:
                client.close()
                continue
            try:
                server = socket.create_connection(self._service)
            except OSError:
                client.close()
                continue
            with self._guard:
                self._open |= {client, server}
            ends = (client, server)
            up = threading.Thread(target=self._pump, args=(client, server, False), daemon=True)
            down = threading.Thread(target=self._pump, args=(server, client, True), daemon=True)
            up.start()
            down.start()
            threading.Thread(target=self._tidy, args=(up, down, ends), daemon=True).start()

    def _pump(self, source: socket.socket, target: socket.socket, answers: bool) -> None:  # noqa: FBT001
        with contextlib.suppress(OSError):
            while data := source.recv(16 * 1024):
                if answers and self._is_lost():
                    break
                target.sendall(data)
        _cut(source)
        _cut(target)

    def _is_lost(self) -> bool:
        with self._guard:
            lost = self._lose > 0
            self._lose -= lost
            return lost

    def _tidy(self, up: threading.Thread, down: threading.Thread, ends: tuple[socket.socket, socket.socket]) -> None:
        up.join()
        down.join()
        with self._guard:
            self._open -= set(ends)
        for side in ends:
            side.close()


def _cut(side: socket.socket) -> None:
    with contextlib.suppress(OSError):
        side.shutdown(socket.SHUT_RDWR)
