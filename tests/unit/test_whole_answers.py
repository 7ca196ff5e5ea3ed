"""An answer of which a part came is none."""

from collections.abc import Iterator
from zlib import crc32

import pytest
from botocore.awsrequest import AWSResponse
from botocore.compat import HTTPHeaders
from botocore.exceptions import ChecksumError

from accrue.storage.whole_answers import ensure_whole

BODY = b'{"Item": {"points": {"N": "7"}}}'


class Came:
    """The raw body of a response."""

    def __init__(self, content: bytes) -> None:
        self._content = content

    def stream(self, **_rest: object) -> Iterator[bytes]:
        yield self._content


def response(content: bytes, checksum: str | None = str(crc32(BODY))) -> AWSResponse:
    """What came, with the checksum that DynamoDB sent."""
    headers = HTTPHeaders()
    if checksum is not None:
        headers["x-amz-crc32"] = checksum
    return AWSResponse("http://dynamodb", 200, headers, Came(content))


def test_a_whole_answer_is_one() -> None:
    ensure_whole(response(BODY))


@pytest.mark.parametrize("came", [b"", BODY[:10], BODY[:-1], BODY.replace(b"7", b"8")])
def test_a_part_of_an_answer_is_none(came: bytes) -> None:
    with pytest.raises(ChecksumError):
        ensure_whole(response(came))


def test_an_answer_without_a_checksum_is_taken_as_it_is() -> None:
    ensure_whole(response(BODY[:10], checksum=None))
