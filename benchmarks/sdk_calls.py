"""What a function asks of the SDK, asked again without the function: the SDK's own part."""

from collections.abc import Mapping
from copy import deepcopy
from typing import TYPE_CHECKING, Any

from botocore import xform_name

from benchmarks.sides import Side
from benchmarks.spent import Act

if TYPE_CHECKING:
    from botocore.model import OperationModel

EVENT = "provide-client-params.dynamodb"


def sdk_calls_of(side: Side, act: Act) -> Act:
    """The calls that `act` makes through the side's clients, and nothing else."""
    asked: list[Act] = []
    watchers = [_watch(client, asked) for client in side.clients]
    act()
    for client, watcher in zip(side.clients, watchers, strict=True):
        client.meta.events.unregister(EVENT, watcher)

    def ask_again() -> None:
        for each in asked:
            each()

    return ask_again


def _watch(client: Any, asked: list[Act]) -> Any:  # noqa: ANN401 - of whichever operation
    def watcher(params: Mapping[str, Any], model: "OperationModel", **_rest: object) -> None:
        method, same = getattr(client, xform_name(model.name)), deepcopy(params)
        asked.append(lambda: method(**same))

    client.meta.events.register(EVENT, watcher)
    return watcher
