"""A socket for the page, bound before a model is loaded."""

import socket

from erniem.demo.settings import DemoSettings

__all__ = ["bound", "shown_address"]


def bound(settings: DemoSettings) -> socket.socket:
    """A socket that listens where it is said, before a model is loaded.

    Raises:
        OSError: a port in use, an address that this machine does not have.
    """
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    listening = socket.socket(family, socket.SOCK_STREAM)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((settings.host, settings.port))
    except (OSError, UnicodeError) as error:
        listening.close()
        why = getattr(error, "strerror", None) or error
        raise OSError(
            f"{settings.host}:{settings.port} cannot be listened on ({why}): "
            "choose another with --port, or 0 for any that is free."
        ) from error
    return listening


def shown_address(listening: socket.socket) -> str:
    """Where a browser finds the page."""
    host, port = listening.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
