"""import_catalog: programs, as they are stored and as they are bounded."""

import json
from collections.abc import Iterable
from typing import Any

from boto3.dynamodb.types import TypeSerializer

from accrue.domain.program.program import Program
from tests.integration.networks import demo_network
from tests.integration.world import World
from tests.unit.guide import example

type Document = dict[str, Any]


def test_the_guides_example_is_imported_as_it_stands(empty_world: World) -> None:
    report = empty_world.import_network(example())

    assert (report["network_id"], report["created"]) == ("bean-house", 8)
    assert empty_world.import_network(example())["unchanged"] == 8


def test_a_program_stored_in_full_by_an_earlier_release_is_unchanged(empty_world: World) -> None:
    empty_world.import_network(example())
    (stored,) = (r for r in empty_world.rows("catalog") if "#PROGRAM#" in r["catalog_key"])
    in_full = Program.model_validate_json(stored["document"]).model_dump_json()
    assert "null" in in_full
    assert "null" not in stored["document"]
    item = {n: TypeSerializer().serialize(v) for n, v in (stored | {"document": in_full}).items()}
    empty_world.put_items("catalog", [item])

    report = empty_world.import_network(example())

    assert (report["updated"], report["unchanged"]) == (0, 8)


def test_a_program_says_in_the_catalog_only_what_it_says(empty_world: World) -> None:
    empty_world.import_network(example())

    (stored,) = (r for r in empty_world.rows("catalog") if "#PROGRAM#" in r["catalog_key"])
    rule = json.loads(stored["document"])["rules"][0]
    assert rule["award"] == {"kind": "amount_times_rate", "rate": "0.01"}
    assert "amount" not in rule["when"]


def _with_quests(numbers: Iterable[int]) -> Document:
    """Each quest with ten requirements, which a membership's state may have to keep."""
    document = demo_network()
    document["programs"][0]["quests"] = [
        {
            "quest_id": f"quest-{number}",
            "name": "Quest",
            "requirements": [
                {
                    "requirement_id": f"buy-{each}",
                    "activity_type_id": "sale",
                    "role": "buyer",
                    "threshold": 10,
                }
                for each in range(10)
            ],
            "reward": {"points": 1},
        }
        for number in numbers
    ]
    return document


def test_a_program_whose_state_would_grow_with_each_version_is_refused(world: World) -> None:
    for number in range(5):
        assert "code" not in world.import_network(
            _with_quests(range(20 * number, 20 * number + 20))
        )
    before = world.items("catalog")

    # The 20 that were there first are as good as new ones: their state is kept anyway.
    again = world.import_network(_with_quests(range(20)))
    refused = world.import_network(_with_quests([19, 100]))

    assert again["updated"] == 1
    assert refused["code"] == "INVALID_NETWORK_DOCUMENT"
    assert refused["errors"] == [
        {
            "pointer": "/programs/0",
            "message": "has had 1,010 requirements, check-ins, limits and nth in all its "
            "versions, and members keep the state of each: 1,000 is the most. Start a new program",
        }
    ]
    assert len(world.items("catalog")) == len(before) + 1


def test_what_a_later_document_leaves_out_of_the_network_stays(empty_world: World) -> None:
    """Metadata that is not kept for an hour is lost for ever."""
    document = demo_network()
    document["network"] |= {"metadata_fields": ["channel"], "logs_undefined_types": True}
    empty_world.import_network(document)

    empty_world.import_network({"network": {"network_id": "demo", "name": "Renamed"}})

    (network,) = (r for r in empty_world.rows("catalog") if r["catalog_key"] == "#NETWORKS")
    assert (network["name"], network["metadata_fields"], network["logs_undefined_types"]) == (
        "Renamed",
        ["channel"],
        True,
    )


def test_a_program_may_ask_for_what_the_network_keeps_already(empty_world: World) -> None:
    document = demo_network()
    document["network"] |= {"metadata_fields": ["channel"]}
    empty_world.import_network(document)
    rule = document["programs"][0]["rules"][0]
    rule["when"] = {"metadata": [{"field": "channel", "equals": "app"}]}
    del document["network"]["metadata_fields"]

    assert "code" not in empty_world.import_network(document)

    rule["when"] = {"metadata": [{"field": "shop", "equals": "Bonn"}]}
    assert empty_world.import_network(document)["errors"] == [
        {
            "pointer": "/network/metadata_fields",
            "message": "lacks shop, which coffee-club asks for: name all that is to be kept",
        }
    ]
