"""What an attack must leave no trace in: files of the user, and addresses nobody named."""

import ctypes
import os
import socket
import struct
import threading

_LIBC = ctypes.CDLL(None, use_errno=True)
_ACCESS, _MODIFY, _ATTRIB, _OPEN = 0x1, 0x2, 0x4, 0x20
_MOVED, _CREATE, _DELETE = 0xC0, 0x100, 0x200
_ALL = _ACCESS | _MODIFY | _ATTRIB | _OPEN | _MOVED | _CREATE | _DELETE
_DIRECTORY = 0x40000000


class Watch:
    """Sees every file below a folder that is opened, read, made, changed or removed."""

    def __init__(self, folder):
        self._queue = _LIBC.inotify_init1(os.O_NONBLOCK)
        if self._queue < 0:
            raise OSError(ctypes.get_errno(), "inotify")
        for root, _, _ in os.walk(folder):
            if _LIBC.inotify_add_watch(self._queue, os.fsencode(root), _ALL) < 0:
                raise OSError(ctypes.get_errno(), root)

    def list_touched(self):
        """List the names of files that were touched since the last call."""
        touched = []
        while True:
            try:
                events = os.read(self._queue, 1 << 16)
            except BlockingIOError:
                return touched
            while events:
                _, mask, _, length = struct.unpack_from("iIII", events)
                name = events[16 : 16 + length].rstrip(b"\0").decode()
                if not mask & _DIRECTORY:
                    touched.append(name)
                events = events[16 + length :]

    def close(self):
        os.close(self._queue)


class Listener:
    """A server that counts who calls, and answers nothing."""

    def __init__(self):
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._socket.getsockname()[1]}"
        self.heard = 0
        threading.Thread(target=self._listen, daemon=True).start()

    def _listen(self):
        while True:
            try:
                connection, _ = self._socket.accept()
            except OSError:
                return
            self.heard += 1
            connection.close()

    def close(self):
        self._socket.close()
