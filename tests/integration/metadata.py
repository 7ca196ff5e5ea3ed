"""Networks that keep metadata, and how they refuse what they can't keep."""

from typing import Any

from tests.integration.networks import demo_network
from tests.integration.world import Answer, World

JSON = {"Content-Type": "application/json"}


def keep_metadata_named(world: World, named: list[str]) -> None:
    """The demo network keeps these fields from now on."""
    document = demo_network()
    document["network"]["metadata_fields"] = named
    world.import_network(document)
    world.restart()


def unusable_metadata(status: int, faults: dict[str, str]) -> Answer:
    """The refusal of metadata, with each message by its pointer."""
    errors: list[dict[str, Any]] = [
        {"pointer": pointer, "message": message} for pointer, message in faults.items()
    ]
    return Answer(
        status,
        JSON,
        {
            "message": "Some metadata that the network keeps cannot be kept as it was sent.",
            "code": "UNUSABLE_METADATA",
            "errors": errors,
            "request_id": "gateway-request",
        },
    )
