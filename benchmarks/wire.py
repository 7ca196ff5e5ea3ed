"""DynamoDB's requests and answers as the SDK has them, for what answers within the process."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from botocore.compat import HTTPHeaders


def asked(request: AWSPreparedRequest) -> tuple[str, dict[str, Any]]:
    """The operation, and what is asked of it."""
    operation = _text(request.headers["X-Amz-Target"]).partition(".")[2]
    return operation, json.loads(_text(request.body))


def answer(content: Mapping[str, Any]) -> AWSResponse:
    """What `before-send` gives in place of what the network would."""
    return AWSResponse("https://dynamodb", 200, HTTPHeaders(), _Body(json.dumps(content).encode()))


class _Body:
    """The raw body of an answer that came over no wire."""

    def __init__(self, content: bytes) -> None:
        self._content = content

    def stream(self, **_rest: object) -> Iterator[bytes]:
        yield self._content


def _text(sent: object) -> str:
    return sent.decode() if isinstance(sent, bytes) else str(sent)
