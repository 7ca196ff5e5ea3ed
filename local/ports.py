"""The port that the local stack listens on."""

import errno
import socket

from local.errors import PortError

HOST = "127.0.0.1"
DEFAULT_PORT = 4566
LARGEST_PORT = 65535


def read_port(text: str | None) -> int:
    """The port that `PORT=` asks for; absent or empty is the default, 0 is any free one."""
    if not text:
        return DEFAULT_PORT
    if not text.isascii() or not text.isdecimal() or int(text) > LARGEST_PORT:
        raise PortError(f"PORT={text} is not a port: give a number up to {LARGEST_PORT}.")
    return int(text)


def claim_port(port: int) -> int:
    """The same port, or a free one for 0. Raises PortError when it cannot be listened on."""
    with socket.socket() as probe:
        # A port whose last connections are still closing is free for a server.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError as error:
            other = port % LARGEST_PORT + 1
            raise PortError(
                f"Port {port} {_why(error)}. Choose another one: PORT={other} make run"
            ) from error
        return int(probe.getsockname()[1])


def _why(error: OSError) -> str:
    if error.errno == errno.EADDRINUSE:
        return "is taken"
    return f"cannot be used ({error.strerror})"
