"""One batch on its way to the ledger: which rows are written together, and what each comes to.

Rows have to do with each other by the ids of their keys and of their references. First come all
that share none with an earlier row, together. Those that share a reference alone come after them,
together too, since by then the reference is taken. The rest, which share a key, follow one by one.
So the order of the rows decides, as if each had been sent alone.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import batched
from typing import Any

from accrue.domain.batch_row import BatchRow
from accrue.domain.errors import IdempotencyKeyReusedError, RefusalError
from accrue.domain.ledger_row import LedgerRow
from accrue.domain.recording import Attempt, Recording, Unrecorded, WhyUnrecorded
from accrue.services.ports import LedgerReader, ManyInserter
from accrue.services.record_activity import ActivityRecording, Plan, Planner, carry_out

type RowOutcome = ActivityRecording | RefusalError | Unrecorded
# What comes next for a row: it is known what is in the ledger, or there is something to write.
type Step = Recording | Attempt
# `map`, or what does several at a time and gives what each came to in the same order.
type ForEach = Callable[[Callable[[Any], Any], Iterable[Any]], Iterable[Any]]


@dataclass(frozen=True, slots=True)
class PlannedRow:
    """A row with what recording it comes to, in the form that it has."""

    row: BatchRow
    plan: Plan[Any]
    planner: Planner[Any]

    @property
    def reference(self) -> str | None:
        """The id of its reference."""
        return self.planner.reference_of(self.plan)

    @property
    def key(self) -> str | None:
        """The id of its idempotency key; None if it has a reference alone."""
        own = self.plan.draft.activity_id
        return None if own == self.reference else own

    def behind(self, recording: Recording) -> Step:
        """What comes next once this is known of its first write."""
        return self.planner.further(self.plan, recording) or recording

    def instead(self, ledger: LedgerReader) -> Step:
        """What comes of it although the catalog refuses it; raises the refusal."""
        return self.planner.earlier(self.plan, ledger)


class UnrecordedError(Exception):
    """A row that was to be written may not have been."""

    def __init__(self, unrecorded: Unrecorded) -> None:
        super().__init__(unrecorded.why.value)
        self.unrecorded = unrecorded


@dataclass
class BatchRun:
    """Plan each row in its turn, then write; `outcomes` has what each came to, by its number.

    What is written together has no id in common. So the writes that it takes are made by
    `for_each`, as many at a time as that likes, and in any order.
    """

    ledger: LedgerReader
    inserter: ManyInserter
    has_time: Callable[[], bool]
    unrecorded: Callable[[Exception], Unrecorded]
    for_each: ForEach = map
    outcomes: dict[int, RowOutcome] = field(default_factory=dict)
    _planned: dict[int, PlannedRow] = field(default_factory=dict)
    _ids: set[str | None] = field(default_factory=set)
    _first: list[int] = field(default_factory=list)
    _with_same_reference: list[int] = field(default_factory=list)
    _with_same_key: list[int] = field(default_factory=list)

    def plan(self, number: int, row: BatchRow, make: Callable[[], PlannedRow]) -> None:
        """Plan the next row, and note what it has to do with earlier ones."""
        planned = self._in_time(row, make)
        if not isinstance(planned, PlannedRow):
            self.outcomes[number] = planned
            return
        self._planned[number] = planned
        ids = {planned.key, planned.reference} - {None}
        if planned.key in self._ids:
            self._with_same_key.append(number)
        elif ids & self._ids:
            self._with_same_reference.append(number)
        else:
            self._first.append(number)
        self._ids |= ids

    def write(self) -> None:
        """Write what is planned."""
        self._write_first()
        self._write_with_same_reference()
        for number in sorted(self._with_same_key):
            each = self._planned[number]
            self.outcomes[number] = self._in_time(
                each.row, partial(carry_out, each.plan, each.planner, self.ledger, self)
            )

    def record(self, attempt: Attempt) -> Recording:
        """Write a row alone, as a `Recorder` does. Raises UnrecordedError as well."""
        self._ensure_time()
        (written,) = self.inserter.insert_all([attempt])
        if isinstance(written, Unrecorded):
            raise UnrecordedError(written)
        return _checked(written, attempt)

    def _write_first(self) -> None:
        attempts: dict[int, Attempt] = {}
        refused: list[int] = []
        for number in self._first:
            planned = self._planned[number]
            if attempt := planned.planner.attempt_of(planned.plan):
                attempts[number] = attempt
            else:
                refused.append(number)
        written = self._write_together(attempts)
        steps: dict[int, Callable[[], Step]] = {
            n: partial(self._planned[n].behind, recording) for n, recording in written.items()
        }
        read = self._read_rows(refused)
        steps |= {n: partial(self._instead, n, read) for n in refused}
        self._go_on(steps, attempts)

    def _write_with_same_reference(self) -> None:
        read = self._read_rows(self._with_same_reference)
        steps: dict[int, Callable[[], Step]] = {}
        for number in self._with_same_reference:
            planned = self._planned[number]
            taken_by = read.rows.get(planned.reference or "")
            if taken_by is None:
                # The row that was to take it came to nothing.
                self._with_same_key.append(number)
            elif planned.plan.resolved is None:
                steps[number] = partial(self._instead, number, read)
            else:
                steps[number] = partial(planned.behind, Recording(taken_by, created=False))
        self._go_on(steps, {})

    def _go_on(
        self, steps: Mapping[int, Callable[[], Step]], attempts: Mapping[int, Attempt]
    ) -> None:
        """Take the next step of each row, whose first write was this attempt, up to its outcome."""
        further: dict[int, Attempt] = {}
        for number, step in steps.items():
            came_to = self._outcome_of(self._planned[number].row, step)
            if isinstance(came_to, Attempt):
                further[number] = came_to
            elif isinstance(came_to, Recording):
                self._conclude(number, came_to, attempts.get(number))
            else:
                self.outcomes[number] = came_to
        for number, recording in self._write_together(further).items():
            self._conclude(number, recording, further[number])

    def _write_together(self, attempts: Mapping[int, Attempt]) -> dict[int, Recording]:
        """What is in the ledger by then; what is not known to be there is noted."""
        written: dict[int, Recording] = {}
        chunks = list(batched(attempts.items(), self.inserter.max_attempts_per_write, strict=False))
        for chunk, outcomes in zip(chunks, self.for_each(self._write_chunk, chunks), strict=True):
            for (number, _), outcome in zip(chunk, outcomes, strict=True):
                if isinstance(outcome, Recording):
                    written[number] = outcome
                else:
                    self.outcomes[number] = outcome
        return written

    def _write_chunk(
        self, chunk: Sequence[tuple[int, Attempt]]
    ) -> Sequence[Recording | Unrecorded]:
        if not self.has_time():
            return [Unrecorded(WhyUnrecorded.NOT_ATTEMPTED)] * len(chunk)
        return self.inserter.insert_all([attempt for _, attempt in chunk])

    def _conclude(self, number: int, recording: Recording, attempt: Attempt | None) -> None:
        planned = self._planned[number]

        def answer() -> ActivityRecording:
            checked = _checked(recording, attempt) if attempt else recording
            return ActivityRecording.of(checked, planned.plan.resolved)

        self.outcomes[number] = self._outcome_of(planned.row, answer)

    def _instead(self, number: int, ledger: LedgerReader) -> Step:
        self._ensure_time()
        return self._planned[number].instead(ledger)

    def _in_time[T](self, row: BatchRow, act: Callable[[], T]) -> T | RefusalError | Unrecorded:
        def act_in_time() -> T:
            self._ensure_time()
            return act()

        return self._outcome_of(row, act_in_time)

    def _outcome_of[T](self, row: BatchRow, act: Callable[[], T]) -> T | RefusalError | Unrecorded:
        """What comes of it; whatever goes wrong with one row spoils no other."""
        try:
            return act()
        except RefusalError as refusal:
            return row.refusal_in_row(refusal)
        except UnrecordedError as error:
            return error.unrecorded
        except Exception as error:  # noqa: BLE001 - reported by the caller
            return self.unrecorded(error)

    def _ensure_time(self) -> None:
        if not self.has_time():
            raise UnrecordedError(Unrecorded(WhyUnrecorded.NOT_ATTEMPTED))

    def _read_rows(self, numbers: Iterable[int]) -> "_ReadRows":
        """The rows under all ids of these, read together."""
        planned = [self._planned[number] for number in numbers]
        ids = {each for one in planned for each in (one.key, one.reference) if each is not None}
        if not ids or not self.has_time():
            return _ReadRows(self.ledger)
        network_id = planned[0].plan.network.network_id
        try:
            return _ReadRows(self.ledger, self.ledger.find_rows(network_id, sorted(ids)), ids)
        except Exception:  # noqa: BLE001 - one that can't be read must not hide the others
            return _ReadRows(self.ledger)


@dataclass(frozen=True, slots=True)
class _ReadRows:
    """The ledger with some rows that were read before."""

    ledger: LedgerReader
    rows: Mapping[str, LedgerRow] = field(default_factory=dict)
    asked_for: frozenset[str] | set[str] = frozenset()

    def find_row(self, network_id: str, activity_id: str) -> LedgerRow | None:
        """The row under this id, if there is one."""
        if activity_id in self.asked_for:
            return self.rows.get(activity_id)
        return self.ledger.find_row(network_id, activity_id)

    def find_rows(self, network_id: str, activity_ids: Sequence[str]) -> Mapping[str, LedgerRow]:
        """Those that there are."""
        found = {each: self.find_row(network_id, each) for each in activity_ids}
        return {each: row for each, row in found.items() if row is not None}


def _checked(recording: Recording, attempt: Attempt) -> Recording:
    if not recording.created and not attempt.is_payload_of(recording.stored):
        raise IdempotencyKeyReusedError(attempt.activity.key_pointer)
    return recording
