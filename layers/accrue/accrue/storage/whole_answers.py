"""What DynamoDB answered is taken for an answer only if all of it came.

botocore reads half an answer as one that says nothing: of an item that is there, that there is
none. It compares the checksum, but only to try again; after the last try it gives what it has.
"""

from zlib import crc32

from botocore.awsrequest import AWSResponse
from botocore.exceptions import ChecksumError

# Of the body; DynamoDB sends it with every answer.
CHECKSUM = "x-amz-crc32"


def ensure_whole(http_response: AWSResponse, **_event: object) -> None:
    """Raise ChecksumError if the body is not the one that was sent: a handler of `after-call`."""
    expected = http_response.headers.get(CHECKSUM)
    if expected is None:
        return
    actual = str(crc32(http_response.content))
    if actual != expected:
        raise ChecksumError(
            checksum_type="crc32", expected_checksum=expected, actual_checksum=actual
        )
