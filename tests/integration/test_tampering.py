"""Whatever somebody does to one item of a sealed history, the verifier names that item."""

import random
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import boto3
import pytest
import time_machine
from botocore.exceptions import ClientError

from accrue.domain.seal import Seal
from accrue.storage.seals import seal_key
from local.verify.findings import Change
from local.verify.seal_files import SealFile, seals_in_bucket
from local.verify.verification import Verified, verify
from tests.integration.forged_seals import FORGERIES, NO_SEALS, last_seal, put_behind
from tests.integration.histories import hang_post
from tests.integration.seal_bucket import BUCKET, overwrite_seal, stored_seals
from tests.integration.sealed_history import HANG, VILLAGE, SealedHistory
from tests.integration.spending import earn
from tests.integration.tamperings import TAMPERINGS, Item, Tables
from tests.integration.world import World
from tests.proof.record import record
from tests.proof.seeds import how_many, seeds

STEPS = 40


@pytest.fixture
def history(
    request: pytest.FixtureRequest,
    empty_world: World,
    clock: time_machine.Traveller,
) -> SealedHistory:
    chance = random.Random(request.param)  # noqa: S311 - draws a history
    lived = SealedHistory(empty_world, clock, chance)
    lived.begin()
    return lived


def verified(history: SealedHistory, tables: Tables | None = None) -> Verified:
    """Verify the history as it is now, or with these items in place of its own."""
    stored = history.world.items("balance") + history.world.items("ledger")
    seals = list(seals_in_bucket(boto3.client("s3"), BUCKET))
    tables = tables or Tables.of(stored)
    return verify(seals, tables.stored(), history.now, ahead=never_ahead)


def never_ahead(_network_id: str) -> timedelta:
    """No network is a sandbox."""
    return timedelta(0)


@pytest.mark.parametrize("history", seeds(2, 20), indirect=True)
def test_one_tampering_is_named(history: SealedHistory, request: pytest.FixtureRequest) -> None:
    history.live(STEPS)
    history.settle()
    untouched = verified(history)
    assert untouched.findings.in_order() == []
    assert untouched.counts["seals"] > 3
    stored = history.world.items("balance") + history.world.items("ledger")
    done: Counter[str] = Counter()
    for _ in range(how_many(1, 5)):
        for name, tamper in TAMPERINGS.items():
            tables = Tables.of(stored)
            try:
                wanted = tamper(tables, history.chance)
            except IndexError:
                # There is nothing of the kind.
                continue
            found = verified(history, tables).findings
            named = {finding.name for finding in found.in_order()}
            assert named <= wanted, (name, wanted, found.in_order())
            assert named, (name, wanted)
            assert found.count <= len(wanted), (name, found.in_order())
            done[name] += 1
    record(
        "tamper",
        f"one tampering, seed {request.node.callspec.id}",
        {
            "tamperings": done.total(),
            "named": done.total(),
            "missed": 0,
            "false_alarms": 0,
            "seals": untouched.counts["seals"],
        },
    )


@pytest.mark.parametrize("history", seeds(1, 8), indirect=True)
def test_nothing_is_named_at_any_moment_of_a_history_in_which_nobody_tampered(
    history: SealedHistory, request: pytest.FixtureRequest
) -> None:
    for _ in range(STEPS):
        history.live(1)
        found = verified(history).findings.in_order()
        # Here chance seals, and may let a day pass; that is told, and rightly so.
        assert [each for each in found if each.change is not Change.SILENT] == []
    assert history.sealings > 0
    record(
        "tamper",
        f"nobody tampered, seed {request.node.callspec.id}",
        {"verifications": STEPS, "false_alarms": 0, "seals": len(stored_seals())},
    )


@pytest.mark.parametrize("history", seeds(1, 8), indirect=True)
def test_live_traffic_is_no_false_alarm(history: SealedHistory) -> None:
    history.live(STEPS)
    seals = list(seals_in_bucket(boto3.client("s3"), BUCKET))
    began = history.now

    pages = verify(seals, _read_amid_traffic(history), began)

    assert pages.findings.in_order() == []
    assert pages.unsealed > 0


def _read_amid_traffic(history: SealedHistory) -> Iterator[Item]:
    """Both tables as a scan reads them, some items at a time, while everything goes on."""
    for table, names in (
        ("balance", ("membership_key", "item_key")),
        ("ledger", ("activity_key",)),
    ):
        after: list[str] = []
        while page := _page_behind(history.world.items(table), names, after):
            yield from page
            after = [page[-1][name]["S"] for name in names]
            history.live(2)


def _page_behind(items: list[Item], names: tuple[str, ...], after: list[str]) -> list[Item]:
    in_order = sorted(items, key=lambda item: [item[name]["S"] for name in names])
    return [item for item in in_order if [item[name]["S"] for name in names] > after][:7]


@pytest.mark.parametrize("history", seeds(1, 1), indirect=True)
def test_where_no_seal_reaches_what_speaks_of_an_item_attests_it(history: SealedHistory) -> None:
    for number in range(4):
        earn(history.world, "10", network=HANG)
        earn(history.world, "5", network=HANG, membership="ben")
        hang_post(f"hang-{number}").act(history.world)
    history.world.deliver()
    # Nothing of it is under way any more.
    history.clock.shift(timedelta(minutes=10))
    stored = history.world.items("balance") + history.world.items("ledger")
    done = 0
    for name in ATTESTED_WITHOUT_SEALS:
        for _ in range(5):
            tables = Tables.of(stored)
            wanted = TAMPERINGS[name](tables, history.chance)
            found = verified(history, tables).findings
            named = {finding.name for finding in found.in_order()}
            # A posting that is gone is known by its sequence alone.
            gone = {each for each in named if re.fullmatch(r"posting \d of \w+", each)}
            assert named <= wanted or gone, (name, wanted, found.in_order())
            assert found.count == len(wanted) == 1, (name, found.in_order())
            done += 1
    assert done == 5 * len(ATTESTED_WITHOUT_SEALS)


# A row is attested by its posting, a posting by the one behind it, the last one by the balance.
ATTESTED_WITHOUT_SEALS = (
    "rows, changed",
    "rows, changed with the hash",
    "rows, removed",
    "row, hidden from lists",
    "postings, changed",
    "postings, changed with the hash",
    "postings, removed",
    "balances, removed",
)


@pytest.mark.parametrize("history", seeds(1, 1), indirect=True)
def test_what_somebody_does_to_seals_is_named(history: SealedHistory) -> None:
    history.live(STEPS)
    history.settle()
    items = Tables.of(history.world.items("balance") + history.world.items("ledger")).stored()
    files = list(seals_in_bucket(boto3.client("s3"), BUCKET))
    of_demo = [file for file in files if file.network_id == VILLAGE]
    assert len(of_demo) > 3
    second = of_demo[1]
    changed = replace(second, text=second.text.replace('"sealed_at":"2', '"sealed_at":"3'))
    seal = replace(Seal.from_text(second.text), rows={}, postings=(), outcomes={})
    rewritten = replace(second, text=seal.to_text())

    def named(seals: list[SealFile], as_of: datetime) -> list[tuple[str, str]]:
        return [(f.name, f.change) for f in verify(seals, items, as_of).findings.in_order()]

    def without(*gone: SealFile) -> list[SealFile]:
        return [file for file in files if file not in gone]

    def with_one(other: SealFile) -> list[SealFile]:
        return [other if file == second else file for file in files]

    assert named(files, history.now) == []
    assert named(without(second), history.now) == [("seal 2", "is missing")]
    assert named(with_one(changed), history.now) == [("seal 2", "was changed")]
    assert named(with_one(rewritten), history.now) == [("seal 2", "was changed")]
    swapped = with_one(replace(second, text=of_demo[2].text))
    assert named(swapped, history.now) == [("seal 2", "was changed")]
    later = history.now + timedelta(days=2)
    assert named(without(*of_demo[-2:]), later)[0] == ("seals", "are silent")
    # What was sealed behind it is in no seal that is left, and so no word is said about it.
    assert named(without(*of_demo), later) == [("seals", "are silent")] * 2


@pytest.mark.parametrize("history", seeds(1, 8), indirect=True)
def test_a_forged_seal_is_named(history: SealedHistory, request: pytest.FixtureRequest) -> None:
    history.live(STEPS)
    history.settle()
    stored = history.world.items("balance") + history.world.items("ledger")
    for name, forge in FORGERIES.items():
        tables, files = Tables.of(stored), list(seals_in_bucket(boto3.client("s3"), BUCKET))
        wanted = forge(files, tables, history.chance)

        found = verify(files, tables.stored(), history.now, ahead=never_ahead).findings

        named = {finding.name for finding in found.in_order()}
        assert named == wanted, (name, wanted, found.in_order())
        change = Change.CHANGED if name in NO_SEALS else Change.ADDED
        assert {finding.change for finding in found.in_order()} == {change}, name
    record(
        "tamper",
        f"a forged seal, seed {request.node.callspec.id}",
        {
            "tamperings": len(FORGERIES),
            "named": len(FORGERIES),
            "missed": 0,
            "false_alarms": 0,
            "seals": len(stored_seals()),
        },
    )


@pytest.mark.parametrize("history", seeds(1, 1), indirect=True)
def test_silence_is_measured_from_the_last_seal_that_can_be(history: SealedHistory) -> None:
    history.live(STEPS)
    history.settle()
    items = history.world.items("balance") + history.world.items("ledger")
    files = list(seals_in_bucket(boto3.client("s3"), BUCKET))
    last = last_seal(files, VILLAGE)
    in_2199 = datetime(2199, 1, 1, tzinfo=UTC)
    put_behind(files, last, until=in_2199, sealed_at=in_2199)

    findings = verify(files, items, history.now + timedelta(days=2)).findings

    named = [str(each) for each in findings.in_order() if each.network_id == VILLAGE]
    assert named[0].startswith(f"{VILLAGE}: seal {last.number + 1} was added: ")
    # The forged seal, and the silence of both networks.
    assert findings.count == 3


@pytest.mark.parametrize("history", seeds(1, 1), indirect=True)
def test_a_sandbox_is_sealed_as_far_as_its_clock_is_ahead(history: SealedHistory) -> None:
    history.live(STEPS)
    history.settle()
    items = history.world.items("balance") + history.world.items("ledger")
    files = list(seals_in_bucket(boto3.client("s3"), BUCKET))
    last = last_seal(files, VILLAGE)
    put_behind(files, last, until=last.until + timedelta(days=90))

    def changes(days: int) -> list[Change]:
        ahead = timedelta(days=days)
        found = verify(files, items, history.now, ahead=lambda _: ahead).findings
        return [each.change for each in found.in_order()]

    assert changes(90) == []
    assert changes(89) == [Change.ADDED]


@pytest.mark.parametrize("history", seeds(1, 1), indirect=True)
def test_the_lock_keeps_the_first_version_and_others_are_told(history: SealedHistory) -> None:
    history.live(STEPS)
    history.settle()
    # Moto knows by the time alone which version is the first.
    history.clock.shift(timedelta(seconds=1))
    first, second, *_ = stored_seals(VILLAGE)
    overwrite_seal(first, rows={}, postings=(), outcomes={})
    client = boto3.client("s3")
    client.delete_object(Bucket=BUCKET, Key=seal_key(VILLAGE, second.number))

    found = verified(history).findings

    (told,) = found.in_order()
    because = "it was written once more, and the lock has kept the first version."
    assert str(told) == f"{VILLAGE}: seal 1 was changed: {because}"
    assert found.count == 2
    (versions,) = [
        client.list_object_versions(Bucket=BUCKET, Prefix=seal_key(VILLAGE, second.number))
    ]
    with pytest.raises(ClientError, match="AccessDenied"):
        client.delete_object(
            Bucket=BUCKET,
            Key=seal_key(VILLAGE, second.number),
            VersionId=versions["Versions"][0]["VersionId"],
        )


@pytest.mark.parametrize("history", seeds(1, 1), indirect=True)
def test_a_balance_that_was_changed_is_told_after_the_next_posting_too(
    history: SealedHistory,
) -> None:
    world, body = history.world, dict(hang_post("first").body)
    assert world.post_membership_activity("12345", body, network=VILLAGE).status == 200
    history.settle()
    (balance,) = (
        item
        for item in world.items("balance")
        if item["membership_key"]["S"] == f"{VILLAGE}#M#12345" and "points" in item
        if item["item_key"]["S"] == "BALANCE"
    )
    world.put_items("balance", [balance | {"points": {"N": "100050"}}])
    assert [each.name for each in verified(history).findings.in_order()] == ["balance of 12345"]

    second = dict(hang_post("second").body)
    answer = world.post_membership_activity("12345", second, network=VILLAGE)
    history.settle()

    (finding,) = verified(history).findings.in_order()
    posted = answer.headers["Accrue-Activity-Id"]
    assert finding.name == f"posting of {posted} to 12345"
    assert "posted on 100050 points, and the one before left 50" in finding.because


@pytest.mark.parametrize("history", seeds(1, 1), indirect=True)
@pytest.mark.parametrize("points", ["0", "5000"])
def test_a_balance_without_postings_has_no_points(history: SealedHistory, points: str) -> None:
    history.live(STEPS)
    history.settle()
    stored = history.world.items("balance")
    like = next(item for item in stored if item["item_key"]["S"] == "BALANCE")
    network = like["network_id"]["S"]
    made_up = like | {
        "membership_key": {"S": f"{network}#M#nobody"},
        "program_membership_id": {"S": "nobody"},
        "sequence": {"N": "0"},
        "last_posting_hash": {"S": ""},
        "points": {"N": points},
    }

    tables = Tables.of([*stored, *history.world.items("ledger"), made_up])

    named = [each.name for each in verified(history, tables).findings.in_order()]
    assert named == ([] if points == "0" else ["balance of nobody"])
