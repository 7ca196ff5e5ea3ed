"""Of a batch, DynamoDB may write a part and leave the rest."""

from typing import Any

import pytest

from accrue.storage.batch_writes import UnwrittenItemsError, put_items

ITEMS = [{"item_key": {"S": str(number)}} for number in range(60)]


class Reluctant:
    """Takes so many requests of each call, and leaves the others."""

    def __init__(self, takes: int) -> None:
        self.takes = takes
        self.written: list[dict[str, Any]] = []

    def batch_write_item(self, *, RequestItems: dict[str, list[Any]]) -> dict[str, Any]:  # noqa: N803 - AWS's name
        (requests,) = RequestItems.values()
        self.written += [each["PutRequest"]["Item"] for each in requests[: self.takes]]
        left = requests[self.takes :]
        return {"UnprocessedItems": {"jobs": left} if left else {}}


@pytest.fixture(autouse=True)
def _nobody_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("time.sleep", lambda _: None)


@pytest.mark.parametrize("takes", [25, 24, 7])
def test_what_is_left_is_written_again(takes: int) -> None:
    client: Any = Reluctant(takes)

    put_items(client, "jobs", ITEMS)

    assert client.written == ITEMS


def test_what_goes_on_being_left_is_told() -> None:
    client: Any = Reluctant(0)

    with pytest.raises(UnwrittenItemsError, match="25 items"):
        put_items(client, "jobs", ITEMS)

    assert client.written == []
