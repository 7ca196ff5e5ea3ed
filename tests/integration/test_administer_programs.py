"""Programs over HTTP: published in versions, never overwritten, compared by the ids of parts."""

from copy import deepcopy
from typing import Any

import pytest
import time_machine

from tests.integration.networks import demo_network, shown_program
from tests.integration.world import Answer, World

LIST = "GET /networks/{network_id}/programs"
GET = "GET /networks/{network_id}/programs/{program_id}"
PUT = "PUT /networks/{network_id}/programs/{program_id}"
VERSIONS = "GET /networks/{network_id}/programs/{program_id}/versions"
VERSION = "GET /networks/{network_id}/programs/{program_id}/versions/{version}"
DIFF = "GET /networks/{network_id}/programs/{program_id}/diff"
BEGINNING = "1970-01-01T00:00:00.000000Z"
# Twice the cache's life after the frozen clock's now.
EARLIEST = "2026-03-01T12:01:00.000000Z"
OVERWRITE = {"If-Match": "*"}
SHOWN_DEMO = shown_program(demo_network()["programs"][0])


def ONE() -> dict[str, Any]:  # noqa: N802 - a constant, but for whoever changes it
    """The demo's program with one rule."""
    program: dict[str, Any] = deepcopy(demo_network()["programs"][0])
    del program["rules"][1:]
    return program


def with_rate(rate: object) -> dict[str, Any]:
    program = ONE()
    program["rules"][0]["award"]["rate"] = rate
    return program


def publish(world: World, program: Any, program_id: str = "coffee-club", **request: Any) -> Answer:
    body = {"program": program, **request.pop("more", {})}
    return world.call(PUT, body, path={"program_id": program_id}, **request)


def call(world: World, route: str, **path: str) -> Answer:
    query = path.pop("query", None)
    path = {"program_id": "coffee-club", **path}
    return world.call(route, path=path, query=query)


def versions_stored(world: World) -> list[str]:
    rows = world.rows("catalog")
    return sorted(r["item_key"] for r in rows if r["catalog_key"] == "demo#PROGRAM#coffee-club")


def test_the_first_version_is_in_force_from_the_beginning(world: World) -> None:
    program = {"name": "Tea club", "points": {"unit": "leaves"}}

    answer = publish(world, program, "tea-club")

    assert (answer.status, answer.body) == (
        201,
        {
            "program_id": "tea-club",
            "version": 1,
            "effective_at": BEGINNING,
            "program": shown_program({"program_id": "tea-club", **program}),
        },
    )
    again = call(world, GET, program_id="tea-club")
    assert again.headers["ETag"] == answer.headers["ETag"]
    assert again.body == {**answer.body, "version_in_force": 1}


def test_a_changed_program_is_a_version_for_when_everybody_knows_of_it(
    world: World, clock: time_machine.Traveller
) -> None:
    seen = call(world, GET)
    assert seen.body["program"] == SHOWN_DEMO

    answer = publish(world, with_rate("0.02"), headers={"If-Match": seen.headers["ETag"]})

    assert (answer.status, answer.body["version"]) == (200, 2)
    assert answer.body["effective_at"] == EARLIEST
    assert versions_stored(world) == ["00000001", "00000002"]
    assert call(world, GET).body["version_in_force"] == 1
    clock.shift(60)
    assert call(world, GET).body == {**answer.body, "version_in_force": 2}


def test_the_same_again_is_no_version(world: World, clock: time_machine.Traveller) -> None:
    first = publish(world, with_rate("0.02"), headers=OVERWRITE)
    clock.shift(1000)

    # Spelled otherwise, it is the same.
    again = publish(world, {**with_rate("0.020"), "bonuses": []})

    assert (again.status, again.body) == (200, first.body)
    assert again.headers["ETag"] == first.headers["ETag"]
    assert len(versions_stored(world)) == 2


def test_who_has_not_seen_the_latest_version_publishes_none(world: World) -> None:
    seen = call(world, GET).headers["ETag"]
    assert publish(world, with_rate("0.02"), headers={"If-Match": seen}).status == 200

    answers = [
        publish(world, with_rate("0.03"), headers={"If-Match": seen}),
        publish(world, with_rate("0.03")),
        publish(world, with_rate("0.03"), headers={"If-None-Match": "*"}),
    ]

    assert [(a.status, a.body["code"]) for a in answers] == [
        (412, "PRECONDITION_FAILED"),
        (428, "PRECONDITION_REQUIRED"),
        (412, "PRECONDITION_FAILED"),
    ]
    assert len(versions_stored(world)) == 2


def test_a_version_can_be_scheduled(world: World, clock: time_machine.Traveller) -> None:
    later = {"effective_at": "2026-04-01T00:00:00+02:00"}

    answer = publish(world, with_rate("0.02"), more=later, headers=OVERWRITE)

    assert answer.body["effective_at"] == "2026-03-31T22:00:00.000000Z"
    assert publish(world, with_rate("0.02"), more=later).body == answer.body
    assert call(world, GET).body["version_in_force"] == 1
    clock.move_to("2026-03-31T22:00:00Z")
    assert call(world, GET).body["version_in_force"] == 2


def test_what_is_only_scheduled_is_withdrawn_by_what_is_published_after_it(
    world: World, clock: time_machine.Traveller
) -> None:
    """A wrong time must not keep a program as it is for ever."""
    far = {"effective_at": "8999-01-01T00:00:00Z"}
    assert publish(world, with_rate("0.02"), more=far, headers=OVERWRITE).body["version"] == 2

    answer = publish(world, with_rate("0.03"), headers=OVERWRITE)

    assert (answer.status, answer.body["version"]) == (200, 3)
    assert answer.body["effective_at"] == EARLIEST
    clock.shift(59)
    assert call(world, GET).body["version_in_force"] == 1
    clock.shift(1)
    assert call(world, GET).body["version_in_force"] == 3
    # It would have been in force by now, and was overtaken.
    clock.move_to("8999-06-01T00:00:00Z")
    assert call(world, GET).body["version_in_force"] == 3


def test_the_scheduled_program_itself_can_be_brought_forward(
    world: World, clock: time_machine.Traveller
) -> None:
    far = {"effective_at": "8999-01-01T00:00:00Z"}
    publish(world, with_rate("0.02"), more=far, headers=OVERWRITE)
    # Said again without a time, it is what was published: a retry must change nothing.
    assert publish(world, with_rate("0.02")).body["version"] == 2

    soon = {"effective_at": EARLIEST}
    unseen = publish(world, with_rate("0.02"), more=soon)
    answer = publish(world, with_rate("0.02"), more=soon, headers=OVERWRITE)
    again = publish(world, with_rate("0.02"), more=soon)

    assert (unseen.status, unseen.body["code"]) == (428, "PRECONDITION_REQUIRED")
    assert (answer.body["version"], answer.body["effective_at"]) == (3, EARLIEST)
    assert again.body == answer.body
    clock.shift(60)
    assert call(world, GET).body["version_in_force"] == 3


@pytest.mark.parametrize("second", [None, "2026-05-01T00:00:00Z"])
def test_metadata_of_a_version_that_was_withdrawn_is_not_kept_for_it(
    world: World, second: str | None
) -> None:
    """Of one that is scheduled to be in force for a while, it is."""
    put_network = "PUT /networks/{network_id}"
    fields = {"name": "Demo", "metadata_fields": ["channel"]}
    assert world.call(put_network, fields, headers=OVERWRITE).status == 200
    asking = with_rate("0.02")
    asking["rules"][0]["when"] = {"metadata": [{"field": "channel", "equals": "app"}]}
    april = {"effective_at": "2026-04-01T00:00:00Z"}
    assert publish(world, asking, more=april, headers=OVERWRITE).status == 200
    then = {"effective_at": second} if second else {}
    assert publish(world, with_rate("0.03"), more=then, headers=OVERWRITE).status == 200

    answer = world.call(put_network, {**fields, "metadata_fields": []}, headers=OVERWRITE)

    assert answer.status == (409 if second else 200)


@pytest.mark.parametrize(
    ("program_id", "effective_at", "remedy"),
    [
        ("coffee-club", "2026-03-01T12:00:59Z", f"{EARLIEST} is the earliest now"),
        ("coffee-club", "2020-01-01T00:00:00Z", f"{EARLIEST} is the earliest now"),
        ("tea-club", "2026-04-01T00:00:00Z", "in force from the beginning: leave it out"),
        ("coffee-club", "2026-04-01T00:00:00", "must be a time with its offset"),
        ("coffee-club", 1775000000, "must be a time with its offset"),
    ],
)
def test_a_time_that_can_not_be_is_refused(
    world: World, program_id: str, effective_at: object, remedy: str
) -> None:
    program = with_rate("0.02") | {"program_id": program_id}

    answer = publish(
        world,
        program,
        program_id,
        more={"effective_at": effective_at},
        headers=OVERWRITE_OF[program_id],
    )

    assert (answer.status, answer.body["code"]) == (422, "INVALID_DEFINITION")
    (fault,) = answer.body["errors"]
    assert fault["pointer"] == "/effective_at"
    assert remedy in fault["message"]
    assert len(versions_stored(world)) == 1


OVERWRITE_OF: dict[str, dict[str, str]] = {"coffee-club": OVERWRITE, "tea-club": {}}


def test_a_published_version_keeps_its_time(world: World) -> None:
    publish(world, with_rate("0.02"), headers=OVERWRITE)

    answer = publish(world, with_rate("0.02"), more={"effective_at": "2026-05-01T00:00:00Z"})

    assert answer.status == 422
    (fault,) = answer.body["errors"]
    assert fault["pointer"] == "/effective_at"
    assert f"version 2 has, {EARLIEST}" in fault["message"]


def _faulty() -> dict[str, Any]:
    program = ONE()
    program["rules"] += [
        {**program["rules"][0], "activity_type_id": "sail"},
        {**program["rules"][0], "rule_id": "b", "role": "cashier"},
        {
            **program["rules"][0],
            "rule_id": "c",
            "award": {"kind": "amount_times_rate", "rate": 0.1},
        },
        {
            **program["rules"][0],
            "rule_id": "d",
            "when": {"metadata": [{"field": "weather", "equals": "rain"}]},
        },
        {**program["rules"][0], "rule_id": "e", "when": {"weekdays": []}},
    ]
    return program


def test_every_fault_is_told_as_an_import_would_tell_it(world: World) -> None:
    answer = publish(world, _faulty(), headers=OVERWRITE)

    assert (answer.status, answer.body["code"]) == (422, "INVALID_DEFINITION")
    told = {fault["pointer"]: fault["message"] for fault in answer.body["errors"]}
    assert told == {
        "/program/rules/1/rule_id": "stands at /program/rules/0/rule_id already: remove or rename"
        " one of the two",
        "/program/rules/1/activity_type_id": "is not among the activity types: S1-A,"
        " activity_type_1, correction, sale, task, visit",
        "/program/rules/2/role": "is not a role of the type; it has buyer, seller",
        "/program/rules/3/award/rate": 'write it as text, "0.1": a JSON number with a fraction is'
        " not exact",
        "/program/rules/4/when/metadata/0/field": told["/program/rules/4/when/metadata/0/field"],
        "/program/rules/5/when/weekdays": "is empty: leave it out, or add one",
    }
    document = demo_network() | {"programs": [_faulty()]}
    imported = world.import_network(document)["errors"]
    assert {e["pointer"].replace("/programs/0/", "/program/") for e in imported} == told.keys()
    assert len(versions_stored(world)) == 1


@pytest.mark.parametrize(
    ("body", "pointers"),
    [
        ({}, {"/program"}),
        ({"program": None}, {"/program"}),
        ({"program": []}, {"/program"}),
        ({"program": {"name": "x"}}, {"/program/points"}),
        (
            {"program": {"name": "x", "points": {"unit": "p"}, "program_id": "y"}},
            {"/program/program_id"},
        ),
        ({"program": {"name": "x", "points": {"unit": "p"}}, "version": 7}, {"/version"}),
    ],
)
def test_what_is_no_publication_is_refused(
    world: World, body: dict[str, Any], pointers: set[str]
) -> None:
    answer = world.call(PUT, body, path={"program_id": "tea-club"})

    assert (answer.status, answer.body["code"]) == (422, "INVALID_DEFINITION")
    assert {fault["pointer"] for fault in answer.body["errors"]} == pointers


def test_an_id_that_can_be_none_is_refused(world: World) -> None:
    answer = publish(world, {"name": "x", "points": {"unit": "p"}}, "x#y")

    assert answer.status == 422
    assert [fault["pointer"] for fault in answer.body["errors"]] == ["/program/program_id"]


@pytest.mark.parametrize("is_from_before", [False, True])
def test_a_program_whose_members_would_keep_too_much_is_refused(
    world: World, monkeypatch: pytest.MonkeyPatch, *, is_from_before: bool
) -> None:
    """Of each limit and requirement in any version, members keep the state for ever."""
    monkeypatch.setattr("accrue.domain.program_publication.MAX_KEPT_COUNTS", 1)

    def limited(*rule_ids: str) -> dict[str, Any]:
        rule = {**ONE()["rules"][0], "limits": [{"per": "day", "points": "5"}]}
        return ONE() | {"rules": [{**rule, "rule_id": each} for each in rule_ids]}

    assert publish(world, limited("a"), headers=OVERWRITE).status == 200
    assert publish(world, ONE(), headers=OVERWRITE).status == 200
    if is_from_before:
        # As versions were written before what they keep was noted in them.
        for item in world.items("catalog"):
            if item.pop("kept", None):
                world.put_items("catalog", [item])
    answers = [
        publish(world, limited("b"), headers=OVERWRITE),
        publish(world, limited("a", "b") | {"program_id": "tea-club"}, "tea-club"),
    ]

    for answer in answers:
        assert (answer.status, answer.body["code"]) == (422, "INVALID_DEFINITION")
        (fault,) = answer.body["errors"]
        assert fault["pointer"] == "/program"
        assert "has had 2 requirements" in fault["message"]
        assert "1 is the most. Start a new program" in fault["message"]
    document = demo_network() | {"programs": [limited("b")]}
    (imported,) = world.import_network(document)["errors"]
    assert imported["pointer"] == "/programs/0"
    assert len(versions_stored(world)) == 3
    assert publish(world, limited("a"), headers=OVERWRITE).status == 200


def test_programs_are_listed_in_pages(world: World) -> None:
    for number in range(3):
        publish(world, {"name": f"Club {number}", "points": {"unit": "p"}}, f"club-{number}")

    first = world.call(LIST, query={"limit": "3"})
    rest = world.call(LIST, query={"limit": "3", "cursor": first.body["next_cursor"]})

    assert first.body["programs"] == [
        {"program_id": f"club-{n}", "name": f"Club {n}", "version": 1, "effective_at": BEGINNING}
        for n in range(3)
    ]
    assert [p["program_id"] for p in rest.body["programs"]] == ["coffee-club"]
    assert rest.body["next_cursor"] is None


def test_versions_are_listed_newest_first_and_stay(world: World) -> None:
    for rate in ("0.02", "0.03"):
        publish(world, with_rate(rate), headers=OVERWRITE)

    first = world.call(VERSIONS, path={"program_id": "coffee-club"}, query={"limit": "2"})
    cursor = first.body["next_cursor"]
    rest = world.call(
        VERSIONS, path={"program_id": "coffee-club"}, query={"limit": "2", "cursor": cursor}
    )

    assert [v["version"] for v in first.body["versions"]] == [3, 2]
    assert [v["version"] for v in rest.body["versions"]] == [1]
    assert rest.body["next_cursor"] is None
    for number, program in ((1, SHOWN_DEMO), (2, with_rate("0.02")), (3, with_rate("0.03"))):
        shown = call(world, VERSION, version=str(number))
        assert (shown.status, shown.body["version"]) == (200, number)
        assert shown.body["program"] == shown_program(program)
    latest = call(world, VERSION, version="3").headers["ETag"]
    assert latest == call(world, GET).headers["ETag"]


def test_what_is_not_there_is_not_found(world: World) -> None:
    for route in (GET, VERSIONS, DIFF):
        for program_id in ("nothing", "x" * 2000):
            answer = call(world, route, program_id=program_id)
            assert (answer.status, answer.body["code"]) == (404, "PROGRAM_NOT_FOUND")
    answer = call(world, VERSION, program_id="nothing", version="1")
    assert (answer.status, answer.body["code"]) == (404, "PROGRAM_NOT_FOUND")
    for version in ("2", "0", "x", "1" * 50, "-1", "\u0661"):
        answer = call(world, VERSION, version=version)
        assert (answer.status, answer.body["code"]) == (404, "PROGRAM_VERSION_NOT_FOUND")


def compared(world: World, **query: str) -> Answer:
    return world.call(DIFF, path={"program_id": "coffee-club"}, query=query or None)


def test_versions_are_compared_by_the_ids_of_their_parts(world: World) -> None:
    three = deepcopy(demo_network()["programs"][0])
    del three["rules"][3]
    publish(world, three, headers=OVERWRITE)
    fourth = deepcopy(three)
    # Another order, one less, one more, one with another rate.
    first, _, third = fourth["rules"]
    added = {**first, "rule_id": "added"}
    fourth["rules"] = [added, {**third, "award": {**third["award"], "rate": "1"}}, first]
    publish(world, fourth, headers=OVERWRITE)

    answer = compared(world)

    assert (answer.status, answer.body) == (
        200,
        {
            "program_id": "coffee-club",
            "from": 2,
            "to": 3,
            "differences": [
                {"pointer": "/rules/s1-a-cash-back", "before": three["rules"][1], "after": None},
                {"pointer": "/rules/s1-a-commission/award/rate", "before": "0.05", "after": "1"},
                {"pointer": "/rules/added", "before": None, "after": added},
                {
                    "pointer": "/rules",
                    "before": ["sale-cash-back", "s1-a-cash-back", "s1-a-commission"],
                    "after": ["added", "s1-a-commission", "sale-cash-back"],
                },
            ],
        },
    )
    whole = compared(world, **{"from": "1", "to": "3"}).body
    assert (whole["from"], whole["to"]) == (1, 3)
    assert {d["pointer"] for d in whole["differences"]} > {"/rules/task-pay", "/rules/added"}
    assert compared(world, to="2").body["from"] == 1
    assert compared(world, **{"from": "3"}).body["differences"] == []


def test_a_program_of_one_version_has_not_changed(world: World) -> None:
    answer = compared(world)

    assert answer.body == {"program_id": "coffee-club", "from": 1, "to": 1, "differences": []}


@pytest.mark.parametrize(
    ("query", "status", "pointer"),
    [
        ({"from": "2"}, 404, "query:from"),
        ({"to": "2"}, 404, "query:to"),
        ({"from": "one"}, 400, "query:from"),
        ({"to": ""}, 400, "query:to"),
    ],
)
def test_versions_that_can_not_be_compared_are_refused(
    world: World, query: dict[str, str], status: int, pointer: str
) -> None:
    answer = compared(world, **query)

    assert (answer.status, answer.body["errors"][0]["pointer"]) == (status, pointer)


def test_a_role_that_a_program_names_stays(world: World) -> None:
    put_type = "PUT /networks/{network_id}/activity-types/{activity_type_id}"
    path = {"activity_type_id": "sale"}
    only_seller = {"kind": "sale", "roles": ["seller"]}

    refused = world.call(put_type, only_seller, path=path, headers=OVERWRITE)
    assert (refused.status, refused.body["code"]) == (409, "DEFINITION_IN_USE")
    assert refused.body["errors"] == [
        {
            "pointer": "/roles",
            "message": "lacks buyer, which rules or requirements of coffee-club name: publish that"
            " without them first",
        }
    ]
    archived = {"kind": "sale", "roles": ["buyer", "seller"], "is_archived": True}
    assert world.call(put_type, archived, path=path, headers=OVERWRITE).status == 200
    publish(world, {**ONE(), "rules": []}, headers=OVERWRITE)
    changed = world.call(put_type, only_seller, path=path, headers=OVERWRITE)
    assert (changed.status, changed.body["roles"]) == (200, ["seller"])


def test_an_import_does_not_take_a_role_from_programs_that_it_leaves_out(world: World) -> None:
    document = demo_network()
    document["activity_types"][2]["roles"] = ["seller"]
    left_out = document | {"programs": [], "memberships": []}
    before = world.items("catalog")

    report = world.import_network(left_out)

    assert report["code"] == "INVALID_NETWORK_DOCUMENT"
    assert [fault["pointer"] for fault in report["errors"]] == ["/activity_types/2/roles"]
    assert world.items("catalog") == before

    del document["programs"][0]["rules"][0]
    report = world.import_network(document)
    assert [part["pointer"] for part in report["changes"]] == [
        "/activity_types/sale",
        "/programs/coffee-club",
    ]


@pytest.mark.parametrize("route", [LIST, GET, PUT, VERSIONS, VERSION, DIFF])
def test_partners_and_strangers_are_refused(world: World, route: str) -> None:
    path = {"program_id": "coffee-club", "version": "1"}
    answer = world.call(route, {}, path=path, role="partner")
    assert (answer.status, answer.body["code"]) == (403, "ADMIN_KEY_REQUIRED")
    for role in ("admin", "operator"):
        network = "other" if role == "admin" else ""
        answer = world.call(route, {}, path=path, network=network, role=role)
        assert (answer.status, answer.body["code"]) == (404, "NETWORK_NOT_FOUND")


def test_a_date_that_is_over_is_refused_and_an_import_of_it_writes_nothing(
    world: World, clock: time_machine.Traveller
) -> None:
    """On the evening of 1 March it is the 2nd in Berlin, from a minute later on."""
    clock.move_to("2026-03-01T22:59:30Z")

    def until(day: str) -> dict[str, Any]:
        expiry = {"kind": "on_date", "date": day}
        return ONE() | {"time_zone": "Europe/Berlin", "points": {"unit": "p", "expiry": expiry}}

    refused = publish(world, until("2026-03-01"), headers=OVERWRITE)
    before = world.items("catalog")
    imported = world.import_network(demo_network() | {"programs": [until("2026-03-01")]})

    remedy = (
        "the points expire on 2026-03-01, and 2026-03-02 is the first day on which any can be "
        "spent: let them expire later"
    )
    assert (refused.status, refused.body["code"]) == (422, "INVALID_DEFINITION")
    assert refused.body["errors"] == [{"pointer": "/program/points/expiry/date", "message": remedy}]
    assert imported["errors"] == [{"pointer": "/programs/0/points/expiry/date", "message": remedy}]
    assert world.items("catalog") == before
    assert publish(world, until("2026-03-02"), headers=OVERWRITE).status == 200
    # Once it is over, the same program may still be imported.
    clock.move_to("2027-01-01T00:00:00Z")
    again = world.import_network(demo_network() | {"programs": [until("2026-03-02")]})
    assert "errors" not in again


def test_the_periods_of_all_versions_are_kept_and_bounded(world: World) -> None:
    def waiting(days: int) -> dict[str, Any]:
        return ONE() | {"rules": [{**ONE()["rules"][0], "pending_days": days}]}

    for days in (366, 365, 364, 363):
        assert publish(world, waiting(days), headers=OVERWRITE).status == 200
    refused = publish(world, waiting(100), headers=OVERWRITE)
    imported = world.import_network(demo_network() | {"programs": [waiting(100)]})

    (fault,) = refused.body["errors"]
    assert (refused.status, fault["pointer"]) == (422, "/program")
    assert "may have 1,569 lots of points at once: 1,500 is the most" in fault["message"]
    assert [fault["pointer"] for fault in imported["errors"]] == ["/programs/0"]
    assert publish(world, ONE(), headers=OVERWRITE).status == 200
    assert publish(world, waiting(364), headers=OVERWRITE).status == 200
