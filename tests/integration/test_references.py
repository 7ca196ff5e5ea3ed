"""Village's reference rule: which requests with one reference are processed, and what stays."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import pytest

from tests.integration.bodies import hang_activity, village_activity
from tests.integration.world import Answer, World

REFERENCE_ID = "rf_ayilmch7sm6tdamgdwg26xdpcatf3363"
KEY_ID_1 = "ik_ts777ujytrpcyl6jkckycxyzbuca2m5i"


@dataclass(frozen=True)
class Sent:
    """A request with the reference: enforced or not, with an idempotency key or not."""

    enforced: bool = False
    key: str | None = None

    def to(self, world: World, amount: str = "500") -> Answer:
        """Send it."""
        body = village_activity(
            {
                "/amount": amount,
                "/metadata/reference_id": "customer_ref_id",
                "/enforceUniqueRefId": self.enforced,
            }
        )
        headers = {"Idempotency-Key": self.key} if self.key else {}
        return world.post_network_activity(body, headers=headers)


PLAIN = Sent()
ENFORCED = Sent(enforced=True)
KEYED_1 = Sent(key="key-1")
KEYED_2 = Sent(key="key-2")
ENFORCED_KEYED_1 = Sent(enforced=True, key="key-1")
ENFORCED_KEYED_2 = Sent(enforced=True, key="key-2")
FIRSTS = [PLAIN, ENFORCED, KEYED_1, ENFORCED_KEYED_1]


@pytest.mark.parametrize("sent", [PLAIN, ENFORCED])
def test_the_first_with_a_reference_takes_the_references_id_in_one_write(
    world: World, sent: Sent
) -> None:
    answer = sent.to(world)

    assert answer == _created(REFERENCE_ID)
    (row,) = world.rows("ledger")
    assert (row["activity_id"], row["kind"]) == (REFERENCE_ID, "activity")


@pytest.mark.parametrize("sent", [KEYED_1, ENFORCED_KEYED_1])
def test_with_a_key_the_id_is_the_keys_and_a_marker_holds_the_reference(
    world: World, sent: Sent
) -> None:
    answer = sent.to(world)

    assert answer == _created(KEY_ID_1)
    marker, row = sorted(world.rows("ledger"), key=lambda r: r["kind"], reverse=True)
    assert (row["activity_id"], row["kind"]) == (KEY_ID_1, "activity")
    assert marker == {
        "activity_key": f"demo#{REFERENCE_ID}",
        "schema_version": Decimal(1),
        "network_id": "demo",
        "activity_id": REFERENCE_ID,
        "kind": "reference_marker",
        "reference_id": "customer_ref_id",
        "of": KEY_ID_1,
        "recorded_at": "2026-03-01T12:00:00.000000Z",
        "request_id": "gateway-request",
        "content_hash": "c124168f8c19f00c7fef803308bd7390f1b9e14b88f569cab6a916c72ecc13b9",
    }


@pytest.mark.parametrize("first", FIRSTS)
@pytest.mark.parametrize("later", [PLAIN, KEYED_2])
def test_a_later_one_that_does_not_enforce_is_an_activity_of_its_own(
    world: World, first: Sent, later: Sent
) -> None:
    earlier = first.to(world).body["activity_id"]

    answer = later.to(world)
    world.deliver()

    assert answer == _created(answer.body["activity_id"])
    assert answer.body["activity_id"] != earlier
    assert _kinds(world) == {earlier: "activity", answer.body["activity_id"]: "activity"}
    assert world.balance("12345") == "10"


@pytest.mark.parametrize("first", FIRSTS)
@pytest.mark.parametrize("later", [ENFORCED, ENFORCED_KEYED_2])
def test_a_later_one_that_enforces_is_a_duplicate_and_is_not_processed(
    world: World, first: Sent, later: Sent
) -> None:
    earlier = first.to(world).body["activity_id"]

    # Whatever else it says: references are compared by themselves.
    answer = later.to(world, amount="700")
    world.deliver()

    assert answer == _created(earlier, {"Accrue-Duplicate-Of": earlier})
    (duplicate,) = [r for r in world.rows("ledger") if r["kind"] == "duplicate"]
    assert duplicate["of"] == earlier
    assert (duplicate["settled_outcome"], duplicate["amount"]) == ("duplicate", 700)
    assert [(o["outcome"], o["activity_id"]) for o in world.outcomes()] == [
        ("duplicate", duplicate["activity_id"])
    ]
    assert world.balance("12345") == "5"


def test_the_whole_row_of_a_duplicate(world: World) -> None:
    ENFORCED.to(world)

    ENFORCED_KEYED_1.to(world)

    (duplicate,) = [r for r in world.rows("ledger") if r["kind"] == "duplicate"]
    assert duplicate == {
        "activity_key": f"demo#{KEY_ID_1}",
        "time_shard": "demo#2026-03-01#3",
        "reference_key": f"demo#{REFERENCE_ID}#3",
        "schema_version": Decimal(1),
        "network_id": "demo",
        "activity_id": KEY_ID_1,
        "kind": "duplicate",
        "front_door": "network",
        "activity_type_id": "sale",
        "amount": Decimal(500),
        "participants": [
            _participant("buyer", "user-1", "12345"),
            _participant("seller", "user-2", "12346"),
        ],
        "occurred_at": "2026-03-01T11:00:00.000000Z",
        "recorded_at": "2026-03-01T12:00:00.000000Z",
        "request_id": "gateway-request",
        "invocation_id": "invocation-3",
        "key_id": "partner",
        "payload_form": "network_activity/2",
        "payload_hash": "ebc598eca32abf7109a8a5fca7f9eb751c8e2eb94c4fb779238cb63c3d3ffa08",
        "content_hash": "3f2ceecbda32f0c48b4d7fa2d9f81bc5dfecea8c1ef427f9463074454afbc60d",
        "reference_id": "customer_ref_id",
        "settled_outcome": "duplicate",
        "of": REFERENCE_ID,
    }


def test_enforced_again_and_again_is_one_activity_and_a_row_for_each_attempt(
    world: World,
) -> None:
    answers = [ENFORCED.to(world) for _ in range(4)]
    world.deliver()

    again = _created(REFERENCE_ID, {"Accrue-Duplicate-Of": REFERENCE_ID})
    assert answers == [_created(REFERENCE_ID), again, again, again]
    assert sorted(_kinds(world).values()) == ["activity", "duplicate", "duplicate", "duplicate"]
    assert world.balance("12345") == "5"


@pytest.mark.parametrize("sent", [KEYED_1, ENFORCED_KEYED_1])
@pytest.mark.parametrize("first", [None, PLAIN, KEYED_2])
def test_a_retry_with_the_key_is_answered_alike_and_writes_nothing(
    world: World, first: Sent | None, sent: Sent
) -> None:
    if first:
        first.to(world)
    answer = sent.to(world)
    before = world.items("ledger")

    again = [sent.to(world) for _ in range(3)]

    assert again == 3 * [
        Answer(answer.status, {**answer.headers, "Idempotent-Replayed": "true"}, answer.body)
    ]
    assert world.items("ledger") == before


@pytest.mark.parametrize("first", [None, PLAIN, KEYED_2])
def test_the_key_of_an_activity_or_a_duplicate_stands_for_its_payload(
    world: World, first: Sent | None
) -> None:
    if first:
        first.to(world)
    ENFORCED_KEYED_1.to(world)
    before = world.items("ledger")

    answers = [
        ENFORCED_KEYED_1.to(world, amount="700"),
        KEYED_1.to(world),
        world.post_network_activity(village_activity(), headers={"Idempotency-Key": "key-1"}),
    ]

    assert {(a.status, a.body["code"]) for a in answers} == {(422, "IDEMPOTENCY_KEY_REUSED")}
    assert world.items("ledger") == before


def test_a_key_of_the_other_front_door_is_refused_and_leaves_the_reference_free(
    world: World,
) -> None:
    world.post_membership_activity("12345", hang_activity({"/idempotency_key": "key-1"}))
    before = world.items("ledger")

    answers = [sent.to(world) for sent in (KEYED_1, ENFORCED_KEYED_1)]

    assert {(a.status, a.body["code"]) for a in answers} == {(422, "IDEMPOTENCY_KEY_REUSED")}
    assert world.items("ledger") == before
    assert ENFORCED.to(world) == _created(REFERENCE_ID)


def test_enforcing_in_the_metadata_is_enforcing(world: World) -> None:
    changes: dict[str, object] = {"/metadata/reference_id": "customer_ref_id"}
    places = ["/enforceUniqueRefId", "/metadata/enforceUniqueRefId"]
    first = world.post_network_activity(village_activity(changes))

    for enforced in ([places[0]], [places[1]], places):
        body = village_activity(changes | dict.fromkeys(enforced, True))
        answer = world.post_network_activity(body)

        assert answer.headers["Accrue-Duplicate-Of"] == first.body["activity_id"]

    assert sorted(_kinds(world).values()) == ["activity", "duplicate", "duplicate", "duplicate"]


def test_references_are_compared_byte_for_byte(world: World) -> None:
    answers = [
        world.post_network_activity(
            village_activity({"/metadata/reference_id": text, "/enforceUniqueRefId": True})
        )
        for text in ("r", "R", "r ", "ré", "re\u0301")
    ]

    assert all("Accrue-Duplicate-Of" not in answer.headers for answer in answers)
    assert len(world.rows("ledger")) == 5


def test_an_idempotency_key_and_a_reference_of_the_same_text_have_nothing_in_common(
    world: World,
) -> None:
    body = village_activity({"/metadata/reference_id": "same", "/enforceUniqueRefId": True})
    first = world.post_network_activity(body)

    answer = world.post_network_activity(village_activity(), headers={"Idempotency-Key": "same"})

    assert answer == _created(answer.body["activity_id"])
    assert answer.body["activity_id"] != first.body["activity_id"]


def test_a_duplicate_is_recognised_though_its_users_are_unknown(world: World) -> None:
    ENFORCED.to(world)
    body = village_activity(
        {
            "/users": {"buyer": "nobody@example.com"},
            "/metadata/reference_id": "customer_ref_id",
            "/enforceUniqueRefId": True,
        }
    )

    answer = world.post_network_activity(body)
    world.deliver()

    assert answer == _created(REFERENCE_ID, {"Accrue-Duplicate-Of": REFERENCE_ID})
    assert sorted(_kinds(world).values()) == ["activity", "duplicate"]
    assert world.balance("12345") == "5"


def test_a_marker_is_nothing_to_apply(world: World) -> None:
    KEYED_1.to(world)

    assert world.deliver() == {"batchItemFailures": []}

    assert [p["activity_id"] for p in world.postings()] == [KEY_ID_1, KEY_ID_1]
    assert world.outcomes() == []


def _created(activity_id: str, headers: dict[str, str] | None = None) -> Answer:
    sent = {
        "Content-Type": "application/json",
        "Accrue-Activity-Id": activity_id,
        **(headers or {}),
    }
    return Answer(201, sent, {"activity_id": activity_id})


def _kinds(world: World) -> dict[str, str]:
    return {
        r["activity_id"]: r["kind"] for r in world.rows("ledger") if r["kind"] != "reference_marker"
    }


def _participant(role: str, user_id: str, membership: str) -> dict[str, Any]:
    return {
        "role": role,
        "user_id": user_id,
        "memberships": [{"program_id": "coffee-club", "program_membership_id": membership}],
    }
