"""A file is sent over HTTP to a receiver that keeps the contract of the batch endpoint."""

import json
import sqlite3
import ssl
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import trustme

from local.errors import (
    ActivityFileError,
    InterruptedSendError,
    LocalError,
    TargetError,
    UnsettledError,
)
from local.send import command
from local.send.job import Job, read_job
from local.send.position import Counts
from local.send.posting import Poster
from local.send.progress_file import ProgressFile, open_progress_file
from local.send.results_file import ResultsFile
from local.send.sending import send
from local.send.settling import Waits
from local.stopping import Stop
from tests.integration.batch_receiver import (
    API_KEY,
    NETWORK,
    UNKNOWN_EMAIL,
    BatchReceiver,
    Fault,
    running_batch_receiver,
)

HEADER = "activity_short_id,amount,user_1_key,user_1_email"
QUICK = Waits(first_seconds=0.001, longest_seconds=0.01, attempts=4)


@pytest.fixture
def receiver() -> Iterator[BatchReceiver]:
    with running_batch_receiver() as running:
        yield running


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return write(tmp_path / "activities.csv", 1200)


def line(number: int, email: str = "ada@example.com") -> str:
    return f"sale,{number},buyer,{email}\n"


def write(path: Path, rows: int) -> Path:
    path.write_text(f"{HEADER}\n" + "".join(map(line, range(rows))), encoding="utf-8")
    return path


def job_of(file: Path, receiver: BatchReceiver, **more: str) -> Job:
    return read_job({"FILE": str(file), **receiver.environment(), **more})


def sent(job: Job) -> Counts:
    return send(job, Stop(), QUICK).counts


def results_of(job: Job) -> list[dict[str, Any]]:
    return [json.loads(text) for text in job.results.read_text(encoding="utf-8").splitlines()]


def amounts(receiver: BatchReceiver) -> list[int]:
    """Of what was recorded, in the order in which it was."""
    return [int(json.loads(text)["amount"]) for text in receiver.ledger.values()]


def assert_whole(job: Job, receiver: BatchReceiver, rows: int) -> None:
    """Each row was recorded once, in order, and has its line in the results."""
    assert amounts(receiver) == list(range(rows))
    results = results_of(job)
    assert [each["row"] for each in results] == list(range(1, rows + 1))
    assert [each["line"] for each in results] == list(range(2, rows + 2))
    assert [each["activity_id"] for each in results] == [f"ik_{key}" for key in receiver.ledger]
    assert not job.progress.exists()


def test_each_row_is_recorded_in_batches_and_has_a_line_of_results(
    file: Path, receiver: BatchReceiver
) -> None:
    job = job_of(file, receiver)

    assert sent(job) == Counts(recorded=1200)

    assert_whole(job, receiver, 1200)
    assert [rows for rows, _ in receiver.sizes] == [500, 500, 200]
    assert results_of(job)[0] == {
        "row": 1,
        "line": 2,
        "status": 201,
        "activity_id": f"ik_{next(iter(receiver.ledger))}",
        "replayed": False,
        "duplicate_of": None,
        "warnings": [],
    }
    assert {path.name for path in file.parent.iterdir()} == {
        "activities.csv",
        "activities.csv.results.ndjson",
    }


def test_sent_again_nothing_is_recorded_twice(file: Path, receiver: BatchReceiver) -> None:
    job = job_of(file, receiver)
    sent(job)
    ledger = dict(receiver.ledger)

    assert sent(job) == Counts(replayed=1200)

    assert receiver.ledger == ledger
    assert_whole(job, receiver, 1200)
    assert all(each["replayed"] for each in results_of(job))


def test_appended_reordered_and_corrected_only_what_is_new_is_recorded(
    file: Path, receiver: BatchReceiver
) -> None:
    job = job_of(file, receiver)
    sent(job)
    lines = [*map(line, range(1, 1200)), line(7), line(7), line(5000)]
    file.write_text(f"{HEADER}\n" + "".join(reversed(lines)), encoding="utf-8")

    # 7 is there three times now, and was once.
    assert sent(job) == Counts(recorded=3, replayed=1199)
    assert sorted(amounts(receiver)[1200:]) == [7, 7, 5000]


def test_a_row_is_refused_alone_here_or_there(file: Path, receiver: BatchReceiver) -> None:
    rows = [line(0), "sale,1\n", line(2, UNKNOWN_EMAIL), line(3)]
    file.write_text(f"{HEADER}\n" + "".join(rows), encoding="utf-8")
    job = job_of(file, receiver)

    assert sent(job) == Counts(recorded=2, refused=2)

    first, here, there, last = results_of(job)
    assert (first["status"], last["status"]) == (201, 201)
    assert here == {
        "row": 2,
        "line": 3,
        "status": 400,
        "code": "INVALID_REQUEST",
        "message": "row: has 2 cells, and the header 4: quote separators in cells",
        "errors": [
            {"pointer": "", "message": "has 2 cells, and the header 4: quote separators in cells"}
        ],
    }
    assert (there["row"], there["line"], there["code"]) == (3, 4, "UNKNOWN_USER")
    assert receiver.sizes[0][0] == 3


def test_a_row_of_several_lines_has_them_in_its_result(
    tmp_path: Path, receiver: BatchReceiver
) -> None:
    file = tmp_path / "activities.csv"
    texts = ['"Two\nlines"', "one", '"' + "x\n" * 70_000 + '"', '"open\nsale,1,b,b@x.com,"']
    rows = "".join(f"sale,1,a,a@x.com,{text}\n" for text in texts)
    file.write_text(f"{HEADER},description\n{rows}", encoding="utf-8")
    job = job_of(file, receiver)

    assert sent(job) == Counts(recorded=2, refused=2)

    assert [(each["line"], each.get("lines")) for each in results_of(job)] == [
        (2, [2, 3]),
        (4, None),
        (5, [5, 70_005]),
        (70_006, [70_006, 70_007]),
    ]


def test_a_file_without_a_row_to_send_asks_nothing(file: Path, receiver: BatchReceiver) -> None:
    file.write_text(f"{HEADER}\nsale\nsale,1\n", encoding="utf-8")

    assert sent(job_of(file, receiver)) == Counts(refused=2)
    assert receiver.requests == 0


def test_ndjson_is_sent_as_it_is(tmp_path: Path, receiver: BatchReceiver) -> None:
    file = tmp_path / "activities.ndjson"
    own = '{"idempotency_key": "k1", "activity_short_id": "sale", "amount": 1.50}'
    file.write_text(f'{own}\n\n{{"amount": 2.0}}\n{{"amount": 2.00}}\nno\n', encoding="utf-8")
    job = job_of(file, receiver)

    assert sent(job) == Counts(recorded=3, refused=1)

    first, *others = receiver.ledger.values()
    assert first == own
    assert [text.partition(",")[2] for text in others] == ['"amount": 2.0}', '"amount": 2.00}']
    assert [each["line"] for each in results_of(job)] == [1, 3, 4, 5]


def test_a_dry_run_records_nothing_and_has_files_of_its_own(
    file: Path, receiver: BatchReceiver
) -> None:
    dry = job_of(file, receiver, DRY_RUN="true")

    assert sent(dry) == Counts(recorded=1200)

    assert receiver.ledger == {}
    assert dry.results.name == "activities.csv.dry-run.ndjson"
    assert {each["activity_id"] for each in results_of(dry)} == {None}
    assert dry.progress != job_of(file, receiver).progress
    sent(job_of(file, receiver))
    assert sent(dry) == Counts(replayed=1200)


@pytest.mark.parametrize(
    "fault",
    [
        Fault(status=500),
        Fault(status=503),
        Fault(status=429),
        Fault(drops=True),
        Fault(drops=True, after_recording=True),
        Fault(retryable_every=1),
        Fault(retryable_every=3),
    ],
)
def test_what_may_be_better_later_is_sent_again(
    file: Path, receiver: BatchReceiver, fault: Fault
) -> None:
    receiver.fault = lambda number: fault if number % 3 else None
    job = job_of(file, receiver)

    counts = sent(job)

    assert (counts.rows, counts.refused) == (1200, 0)
    assert sorted(amounts(receiver)) == list(range(1200))
    assert [each["row"] for each in results_of(job)] == list(range(1, 1201))
    assert [
        json.loads(receiver.ledger[each["activity_id"].removeprefix("ik_")])["amount"]
        for each in results_of(job)
    ] == list(map(str, range(1200)))
    if fault.retryable_every:
        assert not any("retryable" in each for each in results_of(job))


def test_only_the_retryable_rows_of_a_batch_are_sent_again(
    file: Path, receiver: BatchReceiver
) -> None:
    receiver.fault = lambda number: Fault(retryable_every=100) if number == 1 else None

    sent(job_of(file, receiver))

    assert [rows for rows, _ in receiver.sizes] == [500, 5, 500, 200]


def test_it_gives_up_and_goes_on_from_there(file: Path, receiver: BatchReceiver) -> None:
    receiver.fault = lambda number: Fault(status=503) if number > 1 else None
    job = job_of(file, receiver)

    with pytest.raises(UnsettledError, match=r"gave up after 4 attempts: the answer is 503\. 500"):
        sent(job)

    assert receiver.requests == 1 + QUICK.attempts
    assert len(results_of(job)) == 500
    receiver.fault = lambda _number: None
    assert sent(job) == Counts(recorded=1200)
    assert_whole(job, receiver, 1200)
    assert [rows for rows, _ in receiver.sizes] == [500, 500, 200]


@pytest.mark.parametrize(
    ("status", "message"),
    [
        (400, "not now"),
        (401, "the key is not accepted: check ACCRUE_API_KEY"),
        (403, "not allowed"),
        (404, "no such network for this key: check URL, NETWORK"),
        (413, "not now"),
        (302, "not now"),
    ],
)
def test_what_will_not_be_better_later_ends_it_at_once(
    file: Path, receiver: BatchReceiver, status: int, message: str
) -> None:
    receiver.fault = lambda number: Fault(status=status) if number == 2 else None

    with pytest.raises(UnsettledError, match=message):
        sent(job_of(file, receiver))

    assert receiver.requests == 2
    assert sent(job_of(file, receiver)) == Counts(recorded=1200)
    assert_whole(job_of(file, receiver), receiver, 1200)


def interrupt(job: Job, receiver: BatchReceiver) -> None:
    """The first batch is done, and the second is recorded without anybody knowing."""
    before = receiver.fault
    number = receiver.requests
    receiver.fault = lambda each: (
        Fault(drops=True, after_recording=True) if each > number + 1 else None
    )
    with pytest.raises(UnsettledError):
        sent(job)
    receiver.fault = before


def test_interrupted_it_goes_on_where_it_was(
    file: Path, receiver: BatchReceiver, capsys: pytest.CaptureFixture[str]
) -> None:
    job = job_of(file, receiver)
    interrupt(job, receiver)
    with job.results.open("a", encoding="utf-8") as results:
        results.write('{"row": 501, of a batch that was interrup')
    before = receiver.requests

    assert sent(job) == Counts(recorded=700, replayed=500)

    assert receiver.requests - before == 2
    assert "going on after row 500" in capsys.readouterr().err
    assert_whole(job, receiver, 1200)


class DiedError(BaseException):
    """The process ends here; nothing handles it."""


@pytest.mark.parametrize("moment", ["before", "after"])
@pytest.mark.parametrize("batch", [1, 2, 3])
@pytest.mark.parametrize(
    "step", [(Poster, "post"), (ResultsFile, "append"), (ProgressFile, "commit")]
)
def test_wherever_it_dies_the_next_run_completes_it(  # noqa: PLR0917 - the cases
    file: Path,
    receiver: BatchReceiver,
    monkeypatch: pytest.MonkeyPatch,
    step: tuple[type, str],
    batch: int,
    moment: str,
) -> None:
    job = job_of(file, receiver)
    owner, name = step
    real, calls = getattr(owner, name), iter(range(1, 4))

    def dying(*arguments: Any) -> Any:
        dies = next(calls) == batch
        if dies and moment == "before":
            raise DiedError
        answer = real(*arguments)
        if dies:
            raise DiedError
        return answer

    with monkeypatch.context() as patched:
        patched.setattr(owner, name, dying)
        with pytest.raises(DiedError):
            sent(job)

    assert sent(job).rows == 1200
    assert_whole(job, receiver, 1200)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda text: text.replace("sale,3,", "sale,4,"), "has changed where it was sent already"),
        (lambda text: text[:500], "has changed"),
        (lambda text: text, "is gone"),
    ],
)
def test_what_was_sent_has_changed_so_it_starts_over(
    file: Path, receiver: BatchReceiver, capsys: pytest.CaptureFixture[str], change: Any, told: str
) -> None:
    job = job_of(file, receiver)
    interrupt(job, receiver)
    file.write_text(change(file.read_text(encoding="utf-8")), encoding="utf-8")
    if told == "is gone":
        job.results.unlink()
    rows = file.read_text(encoding="utf-8").count("\n") - 1
    recorded = len(receiver.ledger)

    counts = sent(job)

    assert told in capsys.readouterr().err
    assert [each["row"] for each in results_of(job)] == list(range(1, counts.rows + 1))
    assert counts.rows >= rows
    assert len(receiver.ledger) == recorded + counts.recorded


def test_what_comes_after_may_change_while_it_is_interrupted(
    file: Path, receiver: BatchReceiver, capsys: pytest.CaptureFixture[str]
) -> None:
    job = job_of(file, receiver)
    interrupt(job, receiver)
    with file.open("a", encoding="utf-8") as appended:
        appended.write(line(1200))

    assert sent(job) == Counts(recorded=701, replayed=500)
    assert "going on after row 500" in capsys.readouterr().err
    assert_whole(job, receiver, 1201)


@pytest.mark.parametrize(
    ("appended", "is_changed"), [(".com\n", True), ("\n" + line(3), False), ("\r\n", False)]
)
def test_a_last_line_that_became_longer_is_a_change(
    file: Path,
    receiver: BatchReceiver,
    capsys: pytest.CaptureFixture[str],
    appended: str,
    *,
    is_changed: bool,
) -> None:
    file.write_text(f"{HEADER}\n{line(1)}sale,2,buyer,ada@example", encoding="utf-8")
    job = job_of(file, receiver)
    stop = Stop()
    stop.request()
    with pytest.raises(InterruptedSendError):
        send(job, stop, QUICK)

    with file.open("a", encoding="utf-8", newline="") as end:
        end.write(appended)
    counts = sent(job)

    assert ("has changed" in capsys.readouterr().err) == is_changed
    assert len(results_of(job)) == counts.rows
    assert amounts(receiver) == {".com\n": [1, 2, 2], "\r\n": [1, 2]}.get(appended, [1, 2, 3])


def test_another_destination_starts_over(
    file: Path, receiver: BatchReceiver, capsys: pytest.CaptureFixture[str]
) -> None:
    interrupt(job_of(file, receiver), receiver)
    elsewhere = replace(job_of(file, receiver), results=file.with_name("other.ndjson"))

    assert sent(elsewhere).rows == 1200
    assert "starting over" in capsys.readouterr().err
    assert_whole(elsewhere, receiver, 1200)


@pytest.mark.parametrize("is_database", [False, True])
def test_a_file_of_somebodys_is_not_taken_for_the_progress(
    file: Path, receiver: BatchReceiver, *, is_database: bool
) -> None:
    job = job_of(file, receiver)
    if is_database:
        with closing(sqlite3.connect(job.progress)) as connection:
            connection.execute("CREATE TABLE notes (text)")
    else:
        job.progress.write_bytes(b"no database, but long enough to be taken for one " * 100)
    content = job.progress.read_bytes()

    with pytest.raises(ActivityFileError, match="move it away"):
        sent(job)

    assert job.progress.read_bytes() == content
    assert receiver.requests == 0
    job.progress.unlink()
    assert sent(job) == Counts(recorded=1200)


@pytest.mark.parametrize(
    "content", ["sale,1,buyer,ada@example.com\n", '{"row": 1}\n', '{"activity_short_id": "sale"}\n']
)
def test_a_file_of_somebodys_is_not_overwritten_by_results(
    file: Path, receiver: BatchReceiver, content: str
) -> None:
    other = file.with_name("next-month.csv")
    other.write_text(content, encoding="utf-8")

    with pytest.raises(ActivityFileError, match="would be overwritten"):
        job_of(file, receiver, RESULTS=str(other))

    assert other.read_text(encoding="utf-8") == content


def test_results_that_are_sent_are_not_overwritten(tmp_path: Path, receiver: BatchReceiver) -> None:
    results = tmp_path / "activities.csv.results.ndjson"
    results.write_text('{"row": 1, "line": 2, "status": 201}\n', encoding="utf-8")

    with pytest.raises(ActivityFileError, match="would be overwritten"):
        job_of(results, receiver, RESULTS=str(results))


@pytest.mark.parametrize("content", ["", '{"row": 1, "line', '{"row": 1, "line": 2, "status": 2'])
def test_results_that_were_cut_off_are_written_anew(
    file: Path, receiver: BatchReceiver, content: str
) -> None:
    results = file.with_name("results.ndjson")
    results.write_text(content, encoding="utf-8")
    job = job_of(file, receiver, RESULTS=str(results))

    assert sent(job) == Counts(recorded=1200)
    assert_whole(job, receiver, 1200)


def test_a_file_is_sent_by_one_at_a_time(file: Path, receiver: BatchReceiver) -> None:
    job = job_of(file, receiver)

    with (
        open_progress_file(job.progress, job.destination),
        pytest.raises(ActivityFileError, match="is being sent already"),
    ):
        sent(job)

    assert receiver.requests == 0


def test_a_stop_is_heeded_once_the_batch_is_done(file: Path, receiver: BatchReceiver) -> None:
    job = job_of(file, receiver)
    stop = Stop()
    stop.request()

    with pytest.raises(InterruptedSendError, match="500 rows are done, and the same command"):
        send(job, stop, QUICK)

    assert len(results_of(job)) == len(receiver.ledger) == 500
    assert sent(job) == Counts(recorded=1200)
    assert_whole(job, receiver, 1200)


def test_a_stop_is_heeded_while_it_waits(file: Path, receiver: BatchReceiver) -> None:
    receiver.fault = lambda _number: Fault(status=503)
    stop = Stop()
    stop.request()

    with pytest.raises(InterruptedSendError, match="stopped while waiting"):
        send(job_of(file, receiver), stop, Waits(first_seconds=600, longest_seconds=600))


def test_a_cell_without_an_end_stops_it_until_that_is_mended(
    file: Path, receiver: BatchReceiver
) -> None:
    good = file.read_text(encoding="utf-8")
    file.write_text(good + '"sale,1200,buyer,ada@example.com\n', encoding="utf-8")
    job = job_of(file, receiver)

    with pytest.raises(ActivityFileError, match="line 1202: a quoted cell in this row has no end"):
        sent(job)
    file.write_text(good + line(1200), encoding="utf-8")

    assert sent(job) == Counts(recorded=1201)
    assert_whole(job, receiver, 1201)


def told(monkeypatch: pytest.MonkeyPatch, environment: Mapping[str, str]) -> int:
    for name in ("FILE", "URL", "NETWORK", "DRY_RUN", "RESULTS", "ACCRUE_API_KEY"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    return command.main()


def test_the_command_sums_up_and_its_status_tells(
    file: Path,
    receiver: BatchReceiver,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    environment = {"FILE": str(file), **receiver.environment()}

    assert told(monkeypatch, environment) == 0
    assert capsys.readouterr().out == (
        f"1,200 rows sent: 1,200 recorded, 0 replayed, 0 refused\nResults: {file}.results.ndjson\n"
    )

    with file.open("a", encoding="utf-8") as appended:
        appended.write("sale\n")
    assert told(monkeypatch, {**environment, "DRY_RUN": "true"}) == 1
    assert "1,201 rows tried out: 0 recorded, 1,200 replayed, 1 refused" in capsys.readouterr().out

    assert told(monkeypatch, {**environment, "ACCRUE_API_KEY": "other"}) == 2
    error = capsys.readouterr().err
    assert "make send: 127.0.0.1" in error
    assert "other" not in error


@pytest.mark.parametrize(
    ("environment", "error", "message"),
    [
        ({"FILE": ""}, ActivityFileError, "say which file: make send FILE=activities.csv"),
        ({"FILE": "none.csv"}, ActivityFileError, "can't be read (No such file"),
        ({"FILE": "a.xlsx"}, ActivityFileError, "name it .csv or .ndjson"),
        ({"FILE": "folder.csv"}, ActivityFileError, "is not a file that can be read twice"),
        ({"RESULTS": "a.csv"}, ActivityFileError, "would be overwritten"),
        ({"RESULTS": "folder.csv"}, ActivityFileError, "would be overwritten"),
        ({"NETWORK": ""}, TargetError, "say which network: NETWORK="),
        ({"ACCRUE_API_KEY": ""}, TargetError, "export ACCRUE_API_KEY="),
        ({"ACCRUE_API_KEY": "a key"}, TargetError, "is not a key"),
        ({"ACCRUE_API_KEY": "key\n"}, TargetError, "is not a key"),
        ({"DRY_RUN": "yes"}, TargetError, "DRY_RUN=yes is neither true nor false"),
        ({"URL": "api.example.com"}, TargetError, "is not a URL"),
        ({"URL": "https://x:port"}, TargetError, "is not a URL"),
        ({"URL": "https://me:secret@api.example.com"}, TargetError, "URL has a user in it"),
        ({"URL": "http://api.example.com/v1"}, TargetError, "use https"),
    ],
)
def test_what_is_missing_or_wrong_is_told_in_a_line(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    environment: dict[str, str],
    error: type[LocalError],
    message: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    write(tmp_path / "a.csv", 1)
    (tmp_path / "folder.csv").mkdir()
    good = {
        "FILE": "a.csv",
        "URL": "https://api.example.com/v1",
        "NETWORK": NETWORK,
        "ACCRUE_API_KEY": API_KEY,
    }
    read_job(good)

    with pytest.raises(error) as raised:
        read_job({**good, **environment})

    assert message in str(raised.value)
    assert "\n" not in str(raised.value)
    assert "secret" not in str(raised.value)


def test_an_address_where_nobody_listens_is_told_at_once(file: Path) -> None:
    with running_batch_receiver() as gone:
        job = job_of(file, gone)

    with pytest.raises(UnsettledError, match="can't be reached"):
        send(job, Stop(), Waits(first_seconds=600, longest_seconds=600))


def test_https_is_used_if_its_certificate_is_trusted(
    file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    authority, tls = trustme.CA(), ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(tls)
    with running_batch_receiver(tls) as receiver:
        with pytest.raises(UnsettledError, match="can't be trusted"):
            sent(job_of(file, receiver))
        assert receiver.requests == 0

        authority.cert_pem.write_to_path(str(tmp_path / "authority.pem"))
        monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "authority.pem"))
        assert sent(job_of(file, receiver)) == Counts(recorded=1200)


def test_a_folder_that_can_not_be_written_to_is_told(
    file: Path, receiver: BatchReceiver, tmp_path: Path
) -> None:
    job = replace(job_of(file, receiver), results=tmp_path / "none" / "results.ndjson")

    with pytest.raises(ActivityFileError, match="say where, with RESULTS="):
        sent(job)
