"""Tables with some of everything are exported, and the files say what the tables say."""

import gzip
import hashlib
import json
import tracemalloc
from base64 import b64encode
from collections import defaultdict
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import Any

import duckdb
import pytest
import time_machine

from accrue.domain.activity import Activity, Kind
from accrue.domain.balance import Balance
from accrue.domain.posting import Posting
from accrue.domain.settled_outcome import SettledOutcome
from local.errors import ExportFilesError, QuestionError
from local.export.ask import answer
from local.export.exported_files import files_of_exports
from local.export.exported_table import Source, export_table
from local.export.flat_files import FlatFormat, write_flat_files
from local.export.period import ALL_TIME, Period
from local.export.table_items import scan_items
from tests.integration.histories import MIXED_BATCH
from tests.integration.reversals import reverse
from tests.integration.rich_network import purchase, rich_network
from tests.integration.spending import (
    adjust,
    capture,
    earn,
    held,
    redeem,
    release,
    spending_network,
)
from tests.integration.world import World

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
DAY = timedelta(days=1)
TABLES = ("ledger", "balance")
# Days on which something happens, and moments at which something is written.
PERIODS = [
    ALL_TIME,
    Period(NOW, NOW + timedelta(microseconds=1)),
    Period(NOW + timedelta(microseconds=1), NOW + 10 * DAY),
    Period(NOW + DAY, NOW + 2 * DAY),
    Period(NOW + 2 * DAY, NOW + 3 * DAY),
    Period(NOW + 3 * DAY, NOW + 60 * DAY),
    Period(NOW + 60 * DAY, NOW + 400 * DAY),
]


@pytest.fixture(scope="module")
def lived(unchanged_world: World) -> World:
    """Three networks that have lived for two months."""
    for document in (rich_network("tea"), spending_network("spend")):
        unchanged_world.import_network(document)
    unchanged_world.restart()
    with time_machine.travel(NOW, tick=False) as clock:
        live(unchanged_world, clock)
    return unchanged_world


def live(world: World, clock: time_machine.Traveller) -> None:
    for post in MIXED_BATCH:
        post.act(world)
    for number in range(12):
        who = ("ann", "ben")[number % 2]
        amount = ("40", "123.456789012", "999999999999999.999999999")[number % 3]
        bought = world.post_membership_activity(who, purchase(number, amount), network="tea")
        assert bought.status == 200, bought
    undefined = purchase(99, activity_type_id="unheard-of")
    assert world.post_membership_activity("ann", undefined, network="tea").status == 200
    deliver(world)
    clock.shift(DAY)
    spend(world)
    first = next(p for p in world.postings() if p["network_id"] == "tea")
    assert reverse(world, first["activity_id"], network="tea").status == 200
    clock.shift(DAY)
    world.post_membership_activity("ben", purchase(100, "-7.5"), network="tea")
    deliver(world)
    clock.move_to(NOW + 60 * DAY)
    world.invoke("apply_due", {})
    # Recorded, and not applied yet.
    world.post_membership_activity("ann", purchase(101), network="tea")


def deliver(world: World) -> None:
    assert world.deliver() == {"batchItemFailures": []}


def spend(world: World) -> None:
    in_spend = {"network": "spend"}
    earn(world, "100.25", "visit", **in_spend)
    earn(world, "50", **in_spend)
    earn(world, "30", "sale", membership="ben", **in_spend)
    assert redeem(world, "20.5", **in_spend).status == 200
    assert capture(world, held(world, "10", **in_spend), "7", **in_spend).status == 200
    kept = held(world, "5", key="hold-2", **in_spend)
    assert release(world, kept, **in_spend).status == 200
    assert adjust(world, "-1.25", **in_spend).status == 200
    # What was spent already is owed.
    earn(world, "40", membership="ben", **in_spend)
    of_ben = (p for p in world.postings() if p["membership_key"] == "spend#M#ben")
    earned = max(of_ben, key=lambda posting: posting["sequence"])
    assert redeem(world, "40", key="r-2", membership="ben", **in_spend).status == 200
    assert reverse(world, earned["activity_id"], network="spend").status == 200


def export(
    world: World, folder: Path, period: Period | None = None, items_a_file: int = 20
) -> list[Path]:
    for name in TABLES:
        table: Any = world.client.describe_table(TableName=name)["Table"]
        source = Source(table=table, bucket=folder, prefix=name)
        now = datetime.now(UTC)
        export_table(source, scan_items(world.client, name), period, now, items_a_file)
    return files_of_exports(folder)


def asked(question: str, files: list[Path], period: Period = ALL_TIME) -> list[dict[str, Any]]:
    names, rows = answer(question, files, period)
    return [dict(zip(names, row, strict=True)) for row in rows]


def postings_of(world: World) -> list[Posting]:
    return [Posting.from_attributes(each) for each in world.postings()]


@pytest.mark.parametrize("period", PERIODS, ids=str)
def test_liability_is_what_the_postings_sum_to(
    lived: World, tmp_path: Path, period: Period
) -> None:
    columns = {
        Kind.ACTIVITY: "issued",
        Kind.REVERSAL: "reversed",
        Kind.ADJUSTMENT: "adjusted",
        Kind.DUE: "expired",
        Kind.REDEMPTION: "redeemed",
        Kind.CAPTURE: "redeemed",
    }
    names = ("opening", *dict.fromkeys(columns.values()), "debt", "outstanding")
    expected: dict[tuple[str, str], dict[str, Fraction]] = {}
    for posting in postings_of(lived):
        if posting.posted_at >= period.until:
            continue
        for line in posting.lines:
            place = (posting.network_id, posting.membership.program_id)
            of_program = expected.setdefault(place, dict.fromkeys(names, Fraction(0)))
            if posting.posted_at < period.since:
                column = "opening"
            else:
                column = "debt" if line.debt else columns[posting.kind]
            of_program[column] += Fraction(line.points)
            of_program["outstanding"] += Fraction(line.points)

    rows = asked("liability", export(lived, tmp_path), period)

    told = {(row.pop("network_id"), row.pop("program_id")): row for row in rows}
    assert {k: {n: Fraction(v) for n, v in row.items()} for k, row in told.items()} == expected
    for row in rows:
        assert row["outstanding"] == sum(v for name, v in row.items() if name != "outstanding")


def test_liability_is_what_the_balances_hold(lived: World, tmp_path: Path) -> None:
    held_now: dict[tuple[str, str], Fraction] = defaultdict(Fraction)
    for row in lived.rows("balance"):
        if row["item_key"] == "BALANCE":
            points = Balance.from_attributes(row).state.points
            held_now[row["network_id"], row["program_id"]] += Fraction(points)

    rows = asked("liability", export(lived, tmp_path))

    assert {
        (r["network_id"], r["program_id"]): Fraction(r["outstanding"]) for r in rows
    } == held_now
    # Each column has something to get wrong.
    for column in rows[0].keys() - {"network_id", "program_id", "opening"}:
        assert any(row[column] for row in rows), column


@pytest.mark.parametrize("period", PERIODS, ids=str)
def test_top_members_are_those_who_were_awarded_most(
    lived: World, tmp_path: Path, period: Period
) -> None:
    by: dict[tuple[str, str, str], dict[str, Fraction]] = defaultdict(lambda: defaultdict(Fraction))
    for posting in postings_of(lived):
        for line in posting.lines if period.holds(posting.posted_at) else ():
            if not line.ids:
                continue
            source = f"bonus {line.bonus_id}" if line.bonus_id else f"rule {line.rule_id}"
            source = f"quest {line.quest_id}" if line.quest_id else source
            member = posting.membership
            place = (posting.network_id, member.program_id, member.program_membership_id)
            by[place][source] += Fraction(line.points)
    ranked = sorted(by, key=lambda m: (-sum(by[m].values()), m[0], m[2]))
    expected = [
        (place, *member, sum(by[member].values()), source, points)
        for place, member in enumerate(ranked[:20], start=1)
        for source, points in sorted(by[member].items(), key=lambda s: (-s[1], s[0]))
    ]

    rows = asked("top-members", export(lived, tmp_path), period)

    assert [
        tuple(Fraction(v) if isinstance(v, Decimal) else v for v in row.values()) for row in rows
    ] == expected


@pytest.mark.parametrize("period", PERIODS, ids=str)
def test_activities_are_counted_by_what_became_of_them(
    lived: World, tmp_path: Path, period: Period
) -> None:
    results: dict[tuple[str, str], dict[str, list[Fraction]]] = defaultdict(
        lambda: defaultdict(list)
    )
    for posting in postings_of(lived):
        of_row = results[posting.network_id, posting.activity_id]
        of_row[posting.outcome.value].append(Fraction(posting.points))
    for outcome in map(SettledOutcome.from_attributes, lived.outcomes()):
        assert results[outcome.network_id, outcome.activity_id][outcome.outcome.value] == []
    expected: dict[tuple[str, ...], list[Fraction]] = defaultdict(lambda: [Fraction(0)] * 4)
    for row in lived.rows("ledger"):
        if row["kind"].endswith("_marker"):
            continue
        activity = Activity.from_attributes(row)
        if not period.holds(activity.recorded_at):
            continue
        place = (activity.network_id, activity.activity_type_id, activity.kind.value)
        of_row = results[activity.network_id, activity.activity_id] or {"pending": []}
        for outcome_name, points in of_row.items():
            more = (Fraction(1), Fraction(activity.amount), Fraction(len(points)), sum(points))
            at = (*place, outcome_name)
            expected[at] = [a + b for a, b in zip(expected[at], more, strict=True)]

    rows = [tuple(row.values()) for row in asked("activities", export(lived, tmp_path), period)]

    assert {row[:4]: list(map(Fraction, row[4:])) for row in rows} == expected
    assert [row[:4] for row in rows] == sorted(expected)


def test_activities_tell_what_came_to_nothing(lived: World, tmp_path: Path) -> None:
    outcomes = {row["outcome"] for row in asked("activities", export(lived, tmp_path))}

    assert outcomes >= {"undefined_type", "held", "nobody_enrolled", "duplicate", "pending"}


def test_a_full_export_and_incremental_ones_answer_the_same(lived: World, tmp_path: Path) -> None:
    cuts = [ALL_TIME.since, NOW + DAY, NOW + DAY + timedelta(microseconds=1), ALL_TIME.until]
    for since, until in pairwise(cuts):
        export(lived, tmp_path / "incremental", Period(since, until), items_a_file=50)
    incremental = files_of_exports(tmp_path / "incremental")
    full = export(lived, tmp_path / "full", items_a_file=50)
    # What was exported twice counts once.
    both = [*full, *incremental]

    for question in ("liability", "top-members", "activities"):
        for period in (ALL_TIME, Period(NOW + DAY, NOW + 2 * DAY)):
            said = answer(question, full, period)
            assert answer(question, incremental, period) == said
            assert answer(question, both, period) == said


def test_a_period_begins_with_its_first_moment_and_ends_before_its_last(
    lived: World, tmp_path: Path
) -> None:
    def written(since: datetime, until: datetime) -> list[Any]:
        folder = tmp_path / f"{since:%d-%f}-{until:%d-%f}"
        return [line["NewImage"] for line in lines_of(export(lived, folder, Period(since, until)))]

    tick = timedelta(microseconds=1)
    at_noon = written(NOW, NOW + tick)

    assert {row["recorded_at"]["S"] for row in at_noon} == {"2026-03-01T12:00:00.000000Z"}
    assert written(NOW - DAY, NOW) == written(NOW + tick, NOW + DAY) == []


def lines_of(files: list[Path]) -> Iterator[dict[str, Any]]:
    for file in files:
        with gzip.open(file, "rt", encoding="utf-8") as lines:
            yield from map(json.loads, lines)


def test_liability_is_not_told_of_a_part(lived: World, tmp_path: Path) -> None:
    files = export(lived, tmp_path, Period(NOW + 2 * DAY, NOW + 3 * DAY))

    with pytest.raises(QuestionError, match="a full export"):
        answer("liability", files)
    assert answer("activities", files)


def test_a_full_export_is_laid_out_as_dynamodb_does(lived: World, tmp_path: Path) -> None:
    files = export(lived, tmp_path, items_a_file=10)

    (summary_file,) = tmp_path.glob("ledger/AWSDynamoDB/*/manifest-summary.json")
    here = summary_file.parent
    summary = json.loads(summary_file.read_text())
    items = lived.items("ledger")
    assert summary["itemCount"] == len(items)
    assert summary["exportArn"] == f"{summary['tableArn']}/export/{here.name}"
    assert (summary["version"], summary["outputFormat"]) == ("2020-06-30", "DYNAMODB_JSON")
    assert summary["manifestFilesS3Key"] == f"ledger/AWSDynamoDB/{here.name}/manifest-files.json"
    assert (here / "_started").read_bytes() == b""
    listed = list(map(json.loads, (here / "manifest-files.json").read_text().splitlines()))
    assert [each["itemCount"] for each in listed[:-1]] == [10] * (len(items) // 10)
    assert sum(each["itemCount"] for each in listed) == len(items)
    for each in listed:
        assert each["dataFileS3Key"].startswith(f"ledger/AWSDynamoDB/{here.name}/data/")
        content = (tmp_path / each["dataFileS3Key"]).read_bytes()
        assert each["md5Checksum"] == b64encode(hashlib.md5(content).digest()).decode()  # noqa: S324
    for name in ("manifest-summary", "manifest-files"):
        digest = hashlib.md5((here / f"{name}.json").read_bytes()).digest()  # noqa: S324
        assert (here / f"{name}.checksum").read_text() == b64encode(digest).decode()
    lines = list(lines_of(files))
    exported = [line.pop("Item") for line in lines]
    assert not any(lines)
    assert in_order(exported) == in_order([i for name in TABLES for i in lived.items(name)])


def test_an_incremental_export_is_laid_out_as_dynamodb_does(lived: World, tmp_path: Path) -> None:
    files = export(lived, tmp_path, Period(NOW, NOW + DAY))

    assert {file.parent.relative_to(tmp_path).as_posix() for file in files} == {
        "ledger/AWSDynamoDB/data",
        "balance/AWSDynamoDB/data",
    }
    (summary_file,) = tmp_path.glob("balance/AWSDynamoDB/*/manifest-summary.json")
    summary = json.loads(summary_file.read_text())
    assert (summary["exportFromTime"], summary["exportToTime"]) == (
        "2026-03-01T12:00:00.000Z",
        "2026-03-02T12:00:00.000Z",
    )
    assert (summary["exportType"], summary["outputView"]) == ("INCREMENTAL_EXPORT", "NEW_IMAGE")
    for line in lines_of(files):
        assert line.keys() == {"Metadata", "Keys", "NewImage"}
        assert line["Metadata"] == {"WriteTimestampMicros": {"N": "1772366400000000"}}
        assert line["Keys"].items() <= line["NewImage"].items()
        assert line["Keys"].keys() in ({"activity_key"}, {"membership_key", "item_key"})


def in_order(items: list[Any]) -> list[str]:
    return sorted(json.dumps(item, sort_keys=True) for item in items)


def test_a_table_without_items_has_one_empty_file(tmp_path: Path) -> None:
    files = export_items(tmp_path, [])

    assert len(files) == 1
    assert list(lines_of(files)) == []
    assert asked("liability", files) == asked("activities", files) == []


def test_numbers_keep_every_digit(tmp_path: Path) -> None:
    points = ["123456789012345678901234.123456", "-0.000001", "999999999999999999999999.999999"]
    files = export_items(tmp_path, [posting_item(n, each) for n, each in enumerate(points, 1)])

    (row,) = asked("liability", files)

    assert Fraction(row["outstanding"]) == sum(map(Fraction, points))
    (flat_row, *_) = flat(files, tmp_path, FlatFormat.NDJSON, "postings")
    assert flat_row["points"] in points


def test_a_line_of_the_first_schema_has_its_rule(tmp_path: Path) -> None:
    line = {"role": {"S": "member"}, "points": {"N": "5"}, "reason": {"S": "x"}}
    item = posting_item(1, "5")
    item["lines"] = {"L": [{"M": {**line, "rule_id": {"S": "earn"}}}]}
    files = export_items(tmp_path, [item])

    (row,) = asked("top-members", files)

    assert (row["awarded_by"], row["points_by"]) == ("rule earn", 5)


def posting_item(sequence: int, points: str) -> dict[str, Any]:
    said = {"network_id": "demo", "program_id": "p", "program_membership_id": "m"}
    packed = [{"N": points}, {"S": "member"}, {"S": "x"}, {"S": "rule_id:earn"}]
    return {
        **{name: {"S": value} for name, value in said.items()},
        "membership_key": {"S": "demo#M#m"},
        "item_key": {"S": f"POSTING#{sequence}"},
        "activity_id": {"S": f"activity-{sequence}"},
        "posted_at": {"S": "2026-03-01T12:00:00.000000Z"},
        "sequence": {"N": str(sequence)},
        "outcome": {"S": "applied"},
        "points": {"N": points},
        "balance_after": {"N": points},
        "lines": {"L": [{"L": packed}]},
    }


def export_items(folder: Path, items: list[dict[str, Any]]) -> list[Path]:
    keys = [{"AttributeName": "membership_key"}, {"AttributeName": "item_key"}]
    table = {"TableArn": "arn", "KeySchema": keys}
    export_table(Source(table=table, bucket=folder, prefix="balance"), iter(items), None, NOW)
    return files_of_exports(folder)


def test_an_export_takes_the_memory_of_a_page(tmp_path: Path) -> None:
    def peak(count: int) -> int:
        table = {"TableArn": "arn", "KeySchema": []}
        source = Source(table=table, bucket=tmp_path / str(count), prefix="balance")
        items = (posting_item(number, "1") for number in range(count))
        tracemalloc.start()
        export_table(source, items, None, NOW, items_a_file=5000)
        _, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        return most

    few = peak(500)

    assert peak(10_000) < few + 300_000


@pytest.mark.parametrize("form", FlatFormat)
def test_flat_files_have_all_rows(lived: World, tmp_path: Path, form: FlatFormat) -> None:
    files = export(lived, tmp_path)

    counts = write_flat_files(files, tmp_path / "flat", form)

    rows = [row for row in lived.rows("ledger") if not row["kind"].endswith("_marker")]
    lines = [line for posting in lived.postings() for line in posting["lines"]]
    assert counts == {
        "ledger": len(rows),
        "postings": len(lived.postings()),
        "posting_lines": len(lines),
        "outcomes": len(lived.outcomes()),
    }
    written = flat(files, tmp_path, form, "postings")
    assert {
        (p["activity_id"], p["program_membership_id"]): Decimal(p["points"]) for p in written
    } == {(p["activity_id"], p["program_membership_id"]): p["points"] for p in lived.postings()}
    of_lines = flat(files, tmp_path, form, "posting_lines")
    assert sum(Decimal(line["points"]) for line in of_lines) == sum(
        p["points"] for p in lived.postings()
    )


def flat(files: list[Path], folder: Path, form: FlatFormat, view: str) -> list[dict[str, Any]]:
    write_flat_files(files, folder / "flat", form)
    file = folder / "flat" / f"{view}.{form.value}"
    if form is FlatFormat.NDJSON:
        return list(lines_of([file]))
    read = duckdb.execute("SELECT * FROM read_parquet(?)", [str(file)])
    names = [each[0] for each in read.description or ()]
    kinds = {each[0]: str(each[1]) for each in read.description or ()}
    assert kinds["points"] == "DECIMAL(38,9)"
    return [dict(zip(names, row, strict=True)) for row in read.fetchall()]


def test_a_bucket_that_was_downloaded_is_read_whatever_its_prefix(
    lived: World, tmp_path: Path
) -> None:
    said = answer("activities", export(lived, tmp_path / "bucket"))
    for name in TABLES:
        (tmp_path / "bucket" / name).rename(tmp_path / f"only-{name}")

    assert answer("activities", files_of_exports(tmp_path)) == said


def test_what_is_not_an_export_is_refused(lived: World, tmp_path: Path) -> None:
    with pytest.raises(ExportFilesError, match="has no export in it"):
        files_of_exports(tmp_path)
    first, second, *_ = export(lived, tmp_path)
    first.write_bytes(gzip.compress(b""))
    with pytest.raises(ExportFilesError, match="download it again"):
        files_of_exports(tmp_path)
    first.unlink()
    with pytest.raises(ExportFilesError, match="is missing"):
        files_of_exports(tmp_path)
    assert second.exists()
