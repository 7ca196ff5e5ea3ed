"""One POST of a batch, and what its answer means."""

import http.client
import json
import socket
import ssl
from collections.abc import Sequence
from typing import Any
from urllib.parse import urlsplit

from local.api_calls import TIMEOUT_SECONDS
from local.errors import UnsettledError
from local.send.target import Target

type Result = dict[str, Any]

_OK = 200
_TOO_MANY_REQUESTS = 429
_SERVER_ERRORS = range(500, 600)
# What nothing but a change of the command mends.
_REMEDIES = {
    401: "the key is not accepted: check ACCRUE_API_KEY",
    403: "this key, or this address, is not allowed: check ACCRUE_API_KEY and URL",
    404: "there is no such network for this key: check URL, NETWORK and ACCRUE_API_KEY",
}
_SHOWN_CHARS = 200


class TryAgainError(Exception):
    """There was no answer, or one that may be better in a while. The rows may be recorded."""


class Poster:
    """Posts batches over one connection, which is renewed when it breaks."""

    def __init__(self, target: Target) -> None:
        url = urlsplit(target.url)
        self._path = f"{url.path}?{url.query}" if url.query else url.path
        self._headers = {
            "Authorization": f"Bearer {target.api_key}",
            "Content-Type": "application/x-ndjson",
        }
        connect = (
            http.client.HTTPSConnection if url.scheme == "https" else http.client.HTTPConnection
        )
        self._connection = connect(url.netloc, timeout=TIMEOUT_SECONDS)
        self._host = url.netloc
        self._was_answered = False

    def close(self) -> None:
        self._connection.close()

    def post(self, rows: Sequence[str]) -> list[Result]:
        """The result of each row. Raises TryAgainError and UnsettledError."""
        status, text = self._answer("\n".join(rows).encode())
        self._was_answered = True
        if status == _TOO_MANY_REQUESTS or status in _SERVER_ERRORS:
            raise TryAgainError(f"the answer is {status}")
        if status != _OK:
            raise UnsettledError(f"{self._host} answers {status}: {_remedy(status, text)}")
        return self._results(text, len(rows))

    def _answer(self, body: bytes) -> tuple[int, str]:
        try:
            self._connection.request("POST", self._path, body, self._headers)
            answer = self._connection.getresponse()
            return answer.status, answer.read().decode(errors="replace")
        except (OSError, http.client.HTTPException) as error:
            self._connection.close()
            self._check_address(error)
            raise TryAgainError(f"no answer ({str(error) or type(error).__name__})") from error

    def _check_address(self, error: Exception) -> None:
        """What goes wrong at the first request may well be the address: waiting won't mend it."""
        if isinstance(error, ssl.SSLCertVerificationError):
            raise UnsettledError(f"{self._host} can't be trusted: {error}") from error
        wrong = ConnectionRefusedError | socket.gaierror | ssl.SSLError
        if isinstance(error, wrong) and not self._was_answered:
            raise UnsettledError(f"{self._host} can't be reached ({error}): check URL") from error

    def _results(self, text: str, rows: int) -> list[Result]:
        try:
            results: list[Result] = json.loads(text)["results"]
            numbers = [result["row"] for result in results]
        except (ValueError, KeyError, TypeError):
            raise UnsettledError(
                f"{self._host} answers something else than results: check URL"
            ) from None
        if numbers != list(range(rows)) or not all(map(_has_status, results)):
            raise UnsettledError(f"{self._host} answers results of other rows than were sent")
        return results


def _has_status(result: Result) -> bool:
    return isinstance(result.get("status"), int)


def _remedy(status: int, text: str) -> str:
    if status in _REMEDIES:
        return _REMEDIES[status]
    try:
        return str(json.loads(text)["message"])[:_SHOWN_CHARS]
    except (ValueError, KeyError, TypeError):
        return "this is not the batch endpoint: check URL"
