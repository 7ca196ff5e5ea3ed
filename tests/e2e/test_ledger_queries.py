"""What was recorded is found again: by what it is, and by the partner's own words."""

from typing import Any

from local.live_stack import LiveStack
from tests.e2e.examples import CLIENT_SAMPLE, MEMBERSHIP_ACTIVITY
from tests.e2e.network import LiveNetwork, wait_until

type Json = dict[str, Any]

SHORT = ("outcome", "reason", "points", "balance_after", "sequence")
OF_WHOM = ("program_membership_id", "program_id", "roles")


def page(network: LiveNetwork, **query: str) -> Json:
    """A page of the network's activities, as its partner gets it."""
    answer = network.http.get(
        f"/networks/{network.network_id}/activities",
        params=query,
        headers={"Authorization": f"Bearer {network.partner_api_key}"},
    )
    assert answer.status_code == 200, answer.text
    body: Json = answer.json()
    return body


def ids(network: LiveNetwork, **query: str) -> list[str]:
    """The ids of a page."""
    return [each["activity_id"] for each in page(network, **query)["activities"]]


def report(network: LiveNetwork, headers: dict[str, str] | None = None, **changes: Any) -> str:
    """Report the client's sample, changed; gives the activity's id."""
    answer = network.post_network_activity({**CLIENT_SAMPLE, **changes}, headers)
    assert answer.status_code == 201, answer.text
    activity_id: str = answer.json()["activity_id"]
    return activity_id


def test_activities_are_found_by_key_and_reference_at_once(network: LiveNetwork) -> None:
    metadata = {**CLIENT_SAMPLE["metadata"], "reference_id": "r-1"}
    first = report(network, {"Idempotency-Key": "k-1"}, metadata=metadata)
    again = network.post_network_activity(
        {**CLIENT_SAMPLE, "metadata": metadata, "enforceUniqueRefId": True}
    )
    member = network.post_membership_activity("12345", MEMBERSHIP_ACTIVITY)

    assert again.headers["Accrue-Duplicate-Of"] == first
    assert ids(network, idempotency_key="k-1") == [first]
    # An index follows its table a moment later.
    wait_until(lambda: len(ids(network, reference_id="r-1")) == 2)
    duplicate, original = page(network, reference_id="r-1")["activities"]
    assert (original["activity_id"], duplicate["duplicate_of"]) == (first, first)
    assert (duplicate["kind"], duplicate["outcome"]) == ("duplicate", "duplicate")
    assert ids(network, reference_id="r-1", kind="activity") == [first]
    key = member.json()["idempotency_key"]
    assert ids(network, idempotency_key=key) == [member.headers["Accrue-Activity-Id"]]
    assert ids(network, idempotency_key="k-2") == ids(network, reference_id="r-2") == []


def test_the_ledger_is_listed_and_sifted(network: LiveNetwork, other_network: LiveNetwork) -> None:
    undefined = report(network, activity_short_id="unheard-of")
    sample = report(network)
    member = network.post_membership_activity("12345", MEMBERSHIP_ACTIVITY)
    mine = [member.headers["Accrue-Activity-Id"], sample, undefined]
    wait_until(lambda: len(ids(network)) == 3)

    whole = page(network)

    assert [each["activity_id"] for each in whole["activities"]] == mine
    assert whole["next_cursor"] is None
    assert [each["outcome"] for each in whole["activities"]] == [
        "applied",
        "applied",
        "undefined_type",
    ]
    for each in whole["activities"]:
        alone = network.get_activity(each["activity_id"]).json()
        results = [{name: r[name] for name in OF_WHOM + SHORT} for r in alone["memberships"]]
        assert each == {**{name: alone[name] for name in each}, "memberships": results}
    assert ids(network, activity_type_id="unheard-of") == [undefined]
    assert ids(network, outcome="undefined_type") == [undefined]
    assert ids(network, outcome="applied") == mine[:2]
    assert ids(network, outcome="no_rule") == []
    user_id = whole["activities"][0]["participants"][0]["user_id"]
    assert mine[0] in ids(network, user_id=user_id)
    assert ids(network, occurred_until="2022-01-01T00:00:00Z") == [mine[0]]
    assert ids(other_network) == []


def test_pages_neither_skip_nor_repeat_while_others_report(network: LiveNetwork) -> None:
    first = [report(network) for _ in range(7)]
    wait_until(lambda: len(ids(network)) == len(first))
    found: list[str] = []
    later: list[str] = []
    query: dict[str, str] = {"limit": "2"}

    while True:
        body = page(network, **query)
        found += [each["activity_id"] for each in body["activities"]]
        later.append(report(network))
        if body["next_cursor"] is None:
            break
        query["cursor"] = body["next_cursor"]

    assert found == first[::-1]
    since = body["recorded_until"]
    wait_until(lambda: ids(network, recorded_since=since) == later[::-1])


def test_a_mistyped_filter_is_refused_and_another_networks_list_is_not_there(
    network: LiveNetwork, other_network: LiveNetwork
) -> None:
    bearer = {"Authorization": f"Bearer {network.partner_api_key}"}

    mistyped = network.http.get(
        f"/networks/{network.network_id}/activities",
        params={"type": "sale", "recorded_since": "2026-03-01"},
        headers=bearer,
    )
    theirs = network.http.get(f"/networks/{other_network.network_id}/activities", headers=bearer)

    assert mistyped.status_code == 400
    pointers = [each["pointer"] for each in mistyped.json()["errors"]]
    assert pointers == ["query:type", "query:recorded_since"]
    assert (theirs.status_code, theirs.json()["code"]) == (404, "NETWORK_NOT_FOUND")


def test_no_key_opens_the_list_of_a_stack(stack: LiveStack, network: LiveNetwork) -> None:
    answer = network.http.get(f"/networks/{stack.network_id}/activities")

    assert (answer.status_code, answer.json()["code"]) == (401, "UNAUTHORIZED")
