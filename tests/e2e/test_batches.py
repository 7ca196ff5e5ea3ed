"""Many activities in one request, through API Gateway, Lambda, PartiQL, the stream and DynamoDB."""

import json
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx

from tests.e2e.network import LiveNetwork, wait_until
from tests.integration.batches import counted, membership_row, network_row, reference_row

JOHN, JANE = "john.buyer@villagelabs.co", "jane.seller@villagelabs.co"


def sale(key: str) -> dict[str, Any]:
    """Ten for John's membership, which is 12347, and two for Jane's, 12348."""
    users = {"seller": JOHN, "buyer": JANE}
    return network_row(key, "200", {"/activity_short_id": "S1-A", "/users": users})


def counts(answer: httpx.Response) -> dict[str, int]:
    """What became of how many rows."""
    assert answer.status_code == 200, answer.text
    found: dict[str, int] = answer.json()["counts"]
    return found


def test_five_hundred_rows_become_points_once_however_often_they_are_sent(
    network: LiveNetwork,
) -> None:
    rows = [
        sale(f"s-{n}") if n % 5 else membership_row(f"m-{n}", "3", membership="12346")
        for n in range(499)
    ]
    rows.append({"activity_short_id": "sale"})

    first = network.post_batch(rows)
    again = network.post_batch("\n".join(json.dumps(row) for row in rows))

    assert counts(first) == counted(recorded=499, refused=1)
    assert counts(again) == counted(replayed=499, refused=1)
    named = [[row.get("activity_id") for row in a.json()["results"]] for a in (first, again)]
    assert named[0] == named[1]
    expected = {"12346": "300", "12347": "3990", "12348": "798"}
    for _ in range(6):
        try:
            wait_until(lambda: {m: network.balance(m) for m in expected} == expected)
        except AssertionError:
            continue
        break
    assert {m: network.balance(m) for m in expected} == expected
    assert len(network.ledger_rows()) == 499


def test_keys_references_and_single_requests_are_one(network: LiveNetwork) -> None:
    alone = network.post_network_activity(network_row(), {"Idempotency-Key": "k-1"})
    rows = [
        network_row("k-1"),
        network_row("k-1", "501"),
        reference_row("R", "k-2", enforced=True),
        reference_row("R", enforced=True),
        reference_row("R", "k-3"),
    ]

    answer = network.post_batch(rows)

    results = answer.json()["results"]
    assert [row["status"] for row in results] == [201, 422, 201, 201, 201]
    assert results[0]["activity_id"] == alone.headers["Accrue-Activity-Id"]
    assert results[3]["duplicate_of"] == results[2]["activity_id"]
    assert counts(answer) == counted(recorded=2, replayed=1, duplicates=1, refused=1)
    kinds = Counter(row["kind"]["S"] for row in network.ledger_rows())
    assert kinds == {"activity": 3, "duplicate": 1, "reference_marker": 1}


def test_a_dry_run_writes_nothing(network: LiveNetwork) -> None:
    rows = [network_row("k-1"), network_row("k-1"), reference_row("R", "k-2")]

    answer = network.post_batch(rows, query={"dry_run": "true"})

    assert counts(answer) == counted(recorded=2, replayed=1)
    assert answer.json()["dry_run"] is True
    assert network.ledger_rows() == []


def test_eight_times_the_same_at_once(network: LiveNetwork) -> None:
    rows = [sale(f"s-{n}") for n in range(80)]
    rows += [reference_row(f"R-{n}", f"r-{n}", enforced=True) for n in range(20)]

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(network.post_batch, [rows] * 8))

    total = sum((Counter(counts(answer)) for answer in answers), Counter[str]())
    assert total == {"recorded": 100, "replayed": 700}
    ids = [[row["activity_id"] for row in answer.json()["results"]] for answer in answers]
    assert ids == [ids[0]] * 8
    kinds = Counter(row["kind"]["S"] for row in network.ledger_rows())
    assert kinds == {"activity": 100, "reference_marker": 20}
