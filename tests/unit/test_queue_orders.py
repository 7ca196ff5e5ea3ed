"""Orders in queues: what we sent is read again, and anything else is told from it."""

from collections.abc import Callable

import pytest

from accrue.domain.jobs.job import JobOrder
from accrue.domain.webhooks.delivery import AttemptOrder
from accrue.runtime.delivery_queue import order_from_text
from accrue.runtime.job_queue import job_order_from_text

NO_ORDERS = [
    *("", "null", "5", "[]", "{}", "[" * 100_000, '"text"'),
    '{"network_id": "demo", "job_id": "j", "webhook_id": "w", "event_id": "e"}',
    *(
        '{"network_id": "n", "job_id": "j", "webhook_id": "w", "event_id": "e",'
        f' "step": {number}, "attempt": {number}}}'
        for number in ("Infinity", "NaN", "1e400", "null", '"one"', "[1]", "9" * 5000)
    ),
]


def test_what_we_sent_is_read_again() -> None:
    step = '{"network_id": "demo", "job_id": "jb_1", "step": 3}'
    attempt = '{"network_id": "demo", "webhook_id": "crm", "event_id": "ev_1", "attempt": 2}'

    assert job_order_from_text(step) == JobOrder("demo", "jb_1", 3)
    assert order_from_text(attempt) == AttemptOrder("demo", "crm", "ev_1", 2)


@pytest.mark.parametrize("read", [job_order_from_text, order_from_text])
@pytest.mark.parametrize("text", NO_ORDERS)
def test_what_we_never_sent_is_a_value_error(read: Callable[[str], object], text: str) -> None:
    with pytest.raises(ValueError, match="no order for"):
        read(text)
