"""What the text of a seal must say: nothing else is taken up by whoever goes on from it."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, PlainValidator

from accrue.domain.posting import MAX_SEQUENCE
from accrue.domain.timestamps import from_text

SEAL_SCHEMA_VERSION = 1
# In the key of a seal, its number has twelve digits.
MAX_NUMBER = 10**12 - 1
# No key of a table is longer.
MAX_ID_CHARS = 2048


def _time(said: object) -> datetime:
    if not isinstance(said, str):
        raise ValueError("not a time as we write it")  # noqa: TRY004 - what pydantic takes
    return from_text(said)


Id = Annotated[str, Field(max_length=MAX_ID_CHARS)]
Hash = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
HashOrNone = Annotated[str, Field(pattern=r"^([0-9a-f]{64})?$")]
Time = Annotated[datetime, PlainValidator(_time)]
Sequence = Annotated[int, Field(ge=1, le=MAX_SEQUENCE)]
Pairs = tuple[tuple[Id, Hash], ...]


class SealText(BaseModel):
    """A seal as it is written, each field of its type."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)

    schema_version: Literal[1]
    network_id: Id
    number: int = Field(ge=1, le=MAX_NUMBER)
    since: Time = Field(alias="from")
    until: Time
    sealed_at: Time
    previous_hash: HashOrNone
    rows: Pairs
    late: Pairs
    postings: tuple[tuple[Id, Sequence, Id, Hash], ...]
    outcomes: Pairs
    unsettled: tuple[tuple[Id, HashOrNone], ...]
    content_hash: Hash
