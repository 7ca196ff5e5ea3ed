"""Calls of a stack's own API."""

import http.client
import json
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

# The first call of a function takes seconds.
TIMEOUT_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class ApiAnswer:
    """What came back."""

    status: int
    text: str


def call_api(
    api_url: str, method: str, path: str, headers: Mapping[str, str], body: object = None
) -> ApiAnswer:
    """Send a request, with a JSON body if one is given. Raises OSError without an answer."""
    url = urlsplit(api_url)
    connection = http.client.HTTPConnection(url.netloc, timeout=TIMEOUT_SECONDS)
    try:
        content = None if body is None else json.dumps(body)
        connection.request(method, url.path + path, content, dict(headers))
        answer = connection.getresponse()
        return ApiAnswer(answer.status, answer.read().decode(errors="replace"))
    finally:
        connection.close()
