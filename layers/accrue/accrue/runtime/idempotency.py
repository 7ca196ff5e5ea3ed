"""Powertools idempotency on our ledger: the row that is recorded *is* the idempotency record.

Stock persistence keeps a lock and a response beside the work. Here the one conditional write that
records the activity also decides who was first, so there is no state "in progress" to get stuck in,
nothing expires, and two simultaneous identical requests both succeed.
"""

from typing import Any, override

from aws_lambda_powertools.utilities.idempotency import (
    IdempotencyConfig,
    idempotent_function,
)
from aws_lambda_powertools.utilities.idempotency.exceptions import (
    IdempotencyItemAlreadyExistsError,
    IdempotencyItemNotFoundError,
    IdempotencyPersistenceLayerError,
    IdempotencyValidationError,
)
from aws_lambda_powertools.utilities.idempotency.persistence.base import BasePersistenceLayer
from aws_lambda_powertools.utilities.idempotency.persistence.datarecord import (
    STATUS_CONSTANTS,
    DataRecord,
)
from aws_lambda_powertools.utilities.typing import LambdaContext

from accrue.domain.errors import IdempotencyKeyReusedError
from accrue.domain.recording import Attempt, Recording, RowInserter

# Part of Powertools' own key, which we do not store; without it the module's name would be.
KEY_PREFIX = "accrue"


class NothingRecordedError(Exception):
    """Powertools was switched off by its environment variable: nothing was written, so nothing is
    answered.
    """


class LedgerDataRecord(DataRecord):
    """What Powertools knows of an earlier request, with the ledger row that it is."""

    def __init__(self, idempotency_key: str, recording: Recording) -> None:
        super().__init__(idempotency_key=idempotency_key, status=STATUS_CONSTANTS["COMPLETED"])
        self.recording = recording


class LedgerPersistenceLayer(BasePersistenceLayer):
    """Persists one attempt; made anew for each, since each has another row to write."""

    def __init__(self, ledger: RowInserter, attempt: Attempt) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._ledger = ledger
        self._attempt = attempt
        self.recording: Recording | None = None

    @override
    def _put_record(self, data_record: DataRecord) -> None:
        recording = self._ledger.insert(self._attempt)
        if recording.created:
            self.recording = recording
            return
        earlier = LedgerDataRecord(data_record.idempotency_key, recording)
        self._validate_payload(data_payload=data_record, stored_data_record=earlier)
        raise IdempotencyItemAlreadyExistsError(old_data_record=earlier)

    @override
    def _validate_payload(
        self, data_payload: dict[str, Any] | DataRecord, stored_data_record: DataRecord
    ) -> None:
        """Compare under the canonical form that the stored row names, which may be an older one."""
        assert isinstance(stored_data_record, LedgerDataRecord)
        if not self._attempt.is_payload_of(stored_data_record.recording.stored):
            raise IdempotencyValidationError("the key was used before, for another payload")

    @override
    def _get_record(self, idempotency_key: str) -> DataRecord:
        """Asked only when a refused write did not bring the row that stood in its way; ours always
        does.
        """
        raise IdempotencyItemNotFoundError(idempotency_key)

    @override
    def _update_record(self, data_record: DataRecord) -> None:
        """Nothing to do: the row is complete since it was written."""

    @override
    def _delete_record(self, data_record: DataRecord) -> None:
        """Never: what is recorded stays recorded, even if answering failed."""


class IdempotentRecorder:
    """Records attempts through Powertools; implements the port `services.ports.Recorder`."""

    def __init__(self, ledger: RowInserter, context: LambdaContext) -> None:
        self._ledger = ledger
        self._context = context

    def record(self, attempt: Attempt) -> Recording:
        """Write the attempt's row once and for ever; or give what stood in its way.

        Raises IdempotencyKeyReusedError if the row's id stands for another payload. Errors of the
        store come through as they are.
        """
        layer = LedgerPersistenceLayer(self._ledger, attempt)

        def answer(*, activity_key: str) -> None:
            """Called after the layer has written the row: there is nothing left to do."""

        record_once = idempotent_function(
            answer,
            data_keyword_argument="activity_key",
            persistence_store=layer,
            config=IdempotencyConfig(
                raise_on_no_idempotency_key=True,
                hash_function="sha256",
                lambda_context=self._context,
                response_hook=_earlier_recording,
            ),
            key_prefix=KEY_PREFIX,
        )
        activity = attempt.activity
        try:
            earlier: Recording | None = record_once(
                activity_key=f"{activity.network_id}#{activity.activity_id}"
            )
        except IdempotencyValidationError:
            raise IdempotencyKeyReusedError(activity.key_pointer) from None
        except IdempotencyPersistenceLayerError as error:
            raise error.__cause__ or error from None
        recording = earlier or layer.recording
        if recording is None:
            raise NothingRecordedError(activity.activity_id)
        return recording


def _earlier_recording(
    response: object,  # noqa: ARG001 - Powertools passes it by name
    idempotent_data: DataRecord,
) -> Recording:
    assert isinstance(idempotent_data, LedgerDataRecord)
    return idempotent_data.recording
