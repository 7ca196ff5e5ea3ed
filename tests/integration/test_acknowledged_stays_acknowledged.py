"""A retry is answered as before, whatever has left the catalog and whatever a release has added."""

from collections.abc import Callable
from typing import Any

import pytest

from accrue.domain import payload_forms
from accrue.domain.canonical import content_hash
from tests.integration.bodies import HANG_EXAMPLE, hang_activity, village_activity
from tests.integration.world import Answer, World

type Post = Callable[[World, str], Answer]
KEYED = {"Idempotency-Key": "key-1"}


def _hang(world: World, amount: str) -> Answer:
    return world.post_membership_activity("12345", hang_activity({"/activity/value": amount}))


def _hang_negative(world: World, amount: str) -> Answer:
    changes = {"/activity/activity_type_id": "correction", "/activity/value": f"-{amount}"}
    return world.post_membership_activity("12345", hang_activity(changes))


def _hang_with_metadata(world: World, amount: str) -> Answer:
    metadata = {"channel": "app", "colour": {"shade": "red"}}
    changes = {"/activity/value": amount, "/activity/metadata": metadata}
    return world.post_membership_activity("12345", hang_activity(changes))


def _village(world: World, amount: str) -> Answer:
    return world.post_network_activity(village_activity({"/amount": amount}), headers=KEYED)


def _village_with_reference(world: World, amount: str) -> Answer:
    body = village_activity({"/amount": amount, "/metadata/reference_id": "r"})
    return world.post_network_activity(body, headers=KEYED)


def _village_with_items(world: World, amount: str) -> Answer:
    body = village_activity({"/amount": amount, "/line_items": [{"item_id": "i", "value": "3"}]})
    return world.post_network_activity(body, headers=KEYED)


def _village_duplicate(world: World, amount: str) -> Answer:
    reference = {"/metadata/reference_id": "r", "/enforceUniqueRefId": True}
    if not world.items("ledger"):
        world.post_network_activity(village_activity(reference))
    body = village_activity({"/amount": amount, **reference})
    return world.post_network_activity(body, headers=KEYED)


POSTS: list[Post] = [
    _hang,
    _hang_negative,
    _hang_with_metadata,
    _village,
    _village_with_items,
    _village_with_reference,
    _village_duplicate,
]
# Which of the catalog's items have left, by how their partition keys begin.
GONE = [
    ("demo#MEMBERSHIP#",),
    ("demo#EMAIL#",),
    ("demo#USER#", "demo#EMAIL#"),
    ("demo#TYPES",),
    ("demo#PROGRAM#",),
    ("demo#MEMBERSHIP#", "demo#EMAIL#", "demo#USER#", "demo#TYPES", "demo#PROGRAM#"),
]


@pytest.mark.parametrize("post", POSTS)
@pytest.mark.parametrize("gone", GONE)
def test_a_retry_is_answered_as_before_after_its_catalog_is_gone(
    world: World, post: Post, gone: tuple[str, ...]
) -> None:
    first = post(world, "50")
    before = world.items("ledger")
    _remove(world, gone)

    again = post(world, "50")
    other = post(world, "60")

    assert (again.status, again.body) == (first.status, first.body)
    assert _lasting(again.headers) == _lasting(first.headers) | {"Idempotent-Replayed": "true"}
    assert (other.status, other.body["code"]) == (422, "IDEMPOTENCY_KEY_REUSED")
    assert world.items("ledger") == before


@pytest.mark.parametrize("post", [_village, _village_with_reference, _village_duplicate])
def test_a_retry_is_answered_as_before_after_its_role_has_left_the_type(
    world: World, post: Post
) -> None:
    first = post(world, "50")
    world.client.update_item(
        TableName="catalog",
        Key={"catalog_key": {"S": "demo#TYPES"}, "item_key": {"S": "sale"}},
        UpdateExpression="SET #roles = :roles",
        ExpressionAttributeNames={"#roles": "roles"},
        ExpressionAttributeValues={":roles": {"L": [{"S": "renter"}]}},
    )
    world.restart()

    again = post(world, "50")

    assert (again.status, again.body) == (first.status, first.body)


def test_a_retry_is_answered_as_before_after_negative_values_are_no_longer_allowed(
    world: World,
) -> None:
    first = _hang_negative(world, "50")
    world.client.update_item(
        TableName="catalog",
        Key={"catalog_key": {"S": "demo#TYPES"}, "item_key": {"S": "correction"}},
        UpdateExpression="SET allows_negative = :no",
        ExpressionAttributeValues={":no": {"BOOL": False}},
    )
    world.restart()

    again = _hang_negative(world, "50")

    assert (again.status, again.body) == (first.status, first.body)
    assert _hang_negative(world, "60").body["code"] == "IDEMPOTENCY_KEY_REUSED"


PUT_TYPE = "PUT /networks/{network_id}/activity-types/{activity_type_id}"


def _put_sale(world: World, **changes: Any) -> None:
    sale = {"kind": "sale", "roles": ["buyer", "seller"], **changes}
    path = {"activity_type_id": "sale"}
    assert world.call(PUT_TYPE, sale, path=path, headers={"If-Match": "*"}).status == 200
    world.restart()


def test_a_retry_is_not_told_that_its_type_was_archived_since(world: World) -> None:
    first = _village(world, "500")
    _put_sale(world, is_archived=True)

    again = _village(world, "500")

    assert again == first.replayed()
    assert "Accrue-Warnings" not in again.headers


def test_a_retry_is_told_what_its_own_row_says_after_its_type_was_defined(world: World) -> None:
    _put_sale(world, is_archived=True)
    first = _village(world, "500")
    assert _village(world, "500") == first.replayed()
    _put_sale(world)

    again = _village(world, "500")

    assert first.warnings == ['activity_short_id "sale" is archived: the activity is only logged.']
    assert again.warnings == ["the activity type was not defined: the activity is only logged"]


def test_a_retry_is_not_told_of_metadata_by_what_is_kept_today(world: World) -> None:
    body = hang_activity({"/activity/metadata": {"channel": "app", "season": "spring"}})
    first = world.post_membership_activity("12345", body)
    assert world.post_membership_activity("12345", body) == first.replayed()
    settings = {"name": "Demo network", "metadata_fields": ["season"]}
    put_network = "PUT /networks/{network_id}"
    assert world.call(put_network, settings, headers={"If-Match": "*"}).status == 200
    world.restart()

    again = world.post_membership_activity("12345", body)

    assert any("season" in warning for warning in first.warnings)
    assert "Accrue-Warnings" not in again.headers


def test_what_was_not_acknowledged_is_refused_once_its_catalog_is_gone(world: World) -> None:
    _remove(world, ("demo#MEMBERSHIP#", "demo#EMAIL#"))

    assert _hang(world, "50").status == 404
    assert _village(world, "50").status == 400
    assert world.items("ledger") == []


def test_an_activity_recorded_before_its_catalog_was_gone_is_still_applied(world: World) -> None:
    _hang(world, "50")
    _village(world, "500")
    _remove(world, ("demo#MEMBERSHIP#", "demo#EMAIL#", "demo#USER#", "demo#TYPES"))

    assert world.deliver() == {"batchItemFailures": []}

    points = {r["membership_key"]: r["points"] for r in world.rows("balance") if "points" in r}
    assert points["demo#M#12346"] == 0
    assert sum(p["points"] for p in world.postings()) == 55


@pytest.fixture
def release(monkeypatch: pytest.MonkeyPatch) -> Callable[[World], None]:
    """Deploys a release with a newer form of each door: it knows one more field, which has a
    default.
    """

    def deploy(world: World) -> None:
        _add_form(monkeypatch, "membership", "membership_activity/2", "membership_activity/3")
        _add_form(monkeypatch, "network", "network_activity/2", "network_activity/3")
        world.restart()

    return deploy


def _add_form(monkeypatch: pytest.MonkeyPatch, door: str, present: str, newer: str) -> None:
    present_hash = getattr(payload_forms, f"{door}_payload_hash")

    def newer_hash(form: str, request: Any, *more: Any, **named: Any) -> str:
        if form != newer:
            return str(present_hash(form, request, *more, **named))
        old = present_hash(present, request, *more, **named)
        return content_hash({"form": form, "channel": "web", "the rest": old})

    service = f"accrue.services.record_{door}_activity"
    monkeypatch.setattr(f"{service}.{door.upper()}_ACTIVITY_FORM", newer)
    monkeypatch.setattr(f"{service}.{door}_payload_hash", newer_hash)
    known = payload_forms._KNOWN_FORMS | {newer}
    monkeypatch.setattr(payload_forms, "_KNOWN_FORMS", known)


@pytest.mark.parametrize("post", POSTS)
def test_a_retry_is_answered_as_before_after_a_release_that_adds_a_field(
    world: World, release: Callable[[World], None], post: Post
) -> None:
    first = post(world, "50")
    before = world.items("ledger")
    release(world)

    again = post(world, "50")
    other = post(world, "60")

    assert (again.status, again.body) == (first.status, first.body)
    assert again.headers == first.headers | {"Idempotent-Replayed": "true"}
    assert (other.status, other.body["code"]) == (422, "IDEMPOTENCY_KEY_REUSED")
    assert world.items("ledger") == before


@pytest.mark.parametrize("post", POSTS)
def test_both_the_release_and_a_catalog_that_is_gone_change_no_answer(
    world: World, release: Callable[[World], None], post: Post
) -> None:
    first = post(world, "50")
    release(world)
    _remove(world, GONE[-1])

    again = post(world, "50")

    assert (again.status, again.body) == (first.status, first.body)
    assert post(world, "60").status == 422


def test_new_rows_have_the_new_form_and_are_retried_in_it(
    world: World, release: Callable[[World], None]
) -> None:
    release(world)
    first = world.post_membership_activity("12345", HANG_EXAMPLE)

    again = world.post_membership_activity("12345", HANG_EXAMPLE)

    assert [row["payload_form"] for row in world.rows("ledger")] == ["membership_activity/3"]
    assert again.headers == first.headers | {"Idempotent-Replayed": "true"}
    assert _hang(world, "60").status == 422


def _remove(world: World, partitions: tuple[str, ...]) -> None:
    for item in world.items("catalog"):
        if item["catalog_key"]["S"].startswith(partitions):
            key = {name: item[name] for name in ("catalog_key", "item_key")}
            world.client.delete_item(TableName="catalog", Key=key)
    world.restart()


def _lasting(headers: dict[str, str]) -> dict[str, str]:
    # Warnings tell about the catalog as it is now.
    return {name: value for name, value in headers.items() if name != "Accrue-Warnings"}
