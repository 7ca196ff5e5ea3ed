"""Parsers of single texts: numbers, times, cursors, headers, query strings, keys, URLs."""

from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from urllib.parse import parse_qsl

from accrue.domain.activity_query import ActivityQuery
from accrue.domain.amounts import canonical_text, parse_amount
from accrue.domain.api_keys import is_operator_key, key_text, parse_key_text
from accrue.domain.batch_row import check_batch_key
from accrue.domain.dry_run import ensure_no_dry_run, parse_dry_run
from accrue.domain.errors import RefusalError
from accrue.domain.event_log import is_position
from accrue.domain.event_query import EventQuery
from accrue.domain.history_queries import Carried, StatementQuery, moment_asked_for, page_asked_for
from accrue.domain.json_values import WrongValueError
from accrue.domain.ledger_pages import ListCursor
from accrue.domain.number_text import number_from_text
from accrue.domain.query_fields import moment_of
from accrue.domain.timestamps import from_text, to_text, unix_seconds
from accrue.domain.webhooks.addresses import is_public_address
from accrue.domain.webhooks.delivery import is_delivery_position
from accrue.domain.webhooks.url import WebhookUrl, parse_webhook_url
from accrue.runtime.authorizer import key_in_header, policy_for
from accrue.runtime.paging import cursor_of, page_and_faults, page_of, position_of
from accrue.runtime.precondition_headers import precondition_of
from tests.unit.fuzzing.inputs import texts
from tests.unit.fuzzing.parsers import Parser
from tests.unit.fuzzing.recorded import headers_of, queries_of

NOW = datetime(2026, 3, 1, 13, tzinfo=UTC)
TIMES = ("2026-03-01T12:00:00.000000Z", "2026-03-01T12:00:00+01:00", "2021-10-10t17:35:37.5z")
NUMBERS = ("50", "-1.10", "10.50", "1e5", "0.000000001", "1,000.00", "9" * 39)
CURSORS = (
    cursor_of(
        "2026-03-01T12:24:00.000000Z#fr_6esnbjpyyvukzxw5q5x4zdtcfdybwhou|44136fa355b3678a|||"
    ),
    cursor_of("2026-03-01T12:24:00.000000Z#000001#ev_aofmvnohz3f2ektyjxczkiu3vlbsukqp"),
)
CARRIED = (
    "2026-03-01T00:00:00.000000Z#2026-03-02T00:00:00.000000Z#12#-3.50"
    "#2026-03-01T12:24:00.000000Z#ik_tftx3usxvu7utzjqx4zjitxbfn2mbdri"
)
DELIVERY = "2026-03-01T12:24:00.000000Z#ev_aofmvnohz3f2ektyjxczkiu3vlbsukqp"
KEYS = tuple(headers_of("authorize_bearer", "Authorization")) + tuple(
    headers_of("authorize_api_key", "X-API-Key")
)
URLS = ("https://hooks.example.com:8443/accrue?from=demo", "http://127.0.0.1:8000/", "https://a.b")

type Query = dict[str, str]


def _text(
    name: str,
    samples: tuple[str, ...],
    parse: Callable[[str], Any],
    *refusals: type[Exception],
    is_stable: Callable[[Any], bool] = lambda _: True,
) -> Parser:
    return Parser(
        name=name,
        make=texts(samples),
        parse=parse,
        refusals=refusals,
        most_work=2500,
        most_work_per_byte=20,
        is_stable=is_stable,
        share=15,
    )


def _query(operation: str, parse: Callable[[Query], Any]) -> Parser:
    """A parser of query strings, as the gateway takes them apart."""
    return Parser(
        name=f"query of {operation}",
        make=texts(tuple(queries_of(operation))),
        parse=lambda text: parse(dict(parse_qsl(text, keep_blank_values=True))),
        refusals=(RefusalError,),
        most_work=2000,
        most_work_per_byte=40,
        share=15,
    )


def _activities(query: Query) -> ActivityQuery:
    return ActivityQuery.parse(query, *page_and_faults(query))


def _statement(query: Query) -> StatementQuery:
    return StatementQuery.parse(query, *page_and_faults(query), NOW)


def _events(query: Query) -> EventQuery:
    return EventQuery.parse(page_of(query), query.get("type"), query.get("since"))


def _dry_run(text: str) -> None:
    query = {name: [value] for name, value in parse_qsl(text, keep_blank_values=True)}
    parse_dry_run(query)
    ensure_no_dry_run(query)


def _authorized(text: str) -> dict[str, Any]:
    """As both authorizers, with a header's name and value in an event."""
    name, _, value = text.partition(": ")
    event = {"headers": {name: value}, "methodArn": "arn:aws:execute-api:r:a:api/live/GET/x"}
    bearer, key = (
        key_in_header(event, "Authorization", "Bearer "),
        key_in_header(event, "X-API-Key"),
    )
    is_operator_key(bearer, [b"x" * 32])
    parse_key_text(bearer)
    parse_key_text(key)
    return policy_for(None, event)


def _url_text(url: WebhookUrl) -> str:
    return f"{url.scheme}://{url.host}:{url.port}{url.target}"


def _private_url(text: str) -> WebhookUrl:
    return parse_webhook_url(text, allows_private=True)


TEXT_PARSERS = (
    _text(
        "number",
        NUMBERS,
        number_from_text,
        WrongValueError,
        is_stable=lambda number: Decimal(canonical_text(number)) == number,
    ),
    _text(
        "amount",
        NUMBERS,
        parse_amount,
        WrongValueError,
        is_stable=lambda amount: str(parse_amount(canonical_text(amount))) == str(amount),
    ),
    _text(
        "Unix seconds",
        ("1633887337", "1633887337.123456789", "1e9"),
        unix_seconds,
        WrongValueError,
        is_stable=lambda seconds: str(unix_seconds(canonical_text(seconds))) == str(seconds),
    ),
    _text(
        "time as we write it",
        TIMES,
        from_text,
        ValueError,
        is_stable=lambda moment: from_text(to_text(moment)) == moment,
    ),
    _text(
        "time in a query",
        TIMES,
        moment_of,
        is_stable=lambda moment: moment is None or moment_of(to_text(moment)) == moment,
    ),
    _text(
        "cursor",
        CURSORS,
        position_of,
        RefusalError,
        is_stable=lambda position: position_of(cursor_of(position)) == position,
    ),
    _text(
        "cursor of activities",
        tuple(map(position_of, CURSORS)),
        ListCursor.from_text,
        RefusalError,
        is_stable=lambda cursor: ListCursor.from_text(cursor.to_text()) == cursor,
    ),
    _text(
        "cursor of a statement",
        (CARRIED,),
        Carried.from_text,
        is_stable=lambda carried: (
            carried is None or Carried.from_text(carried.to_text()) == carried
        ),
    ),
    _text("position of an event", tuple(map(position_of, CURSORS)), is_position),
    _text("position of a delivery", (DELIVERY,), is_delivery_position),
    _text(
        "key",
        tuple(key.rpartition(" ")[2] for key in KEYS),
        parse_key_text,
        is_stable=lambda key: (
            key is None or parse_key_text(key_text(key.network_id, key.key_id, key.secret)) == key
        ),
    ),
    _text(
        "header with a key",
        tuple(f"{name}: {key}" for key in KEYS for name in ("Authorization", "X-API-Key")),
        _authorized,
    ),
    _text(
        "If-Match",
        ('"abc"', 'W/"abc", "d"', "*"),
        lambda t: precondition_of({"If-Match": t}),
        RefusalError,
    ),
    _text("If-None-Match", ("*",), lambda t: precondition_of({"If-None-Match": t}), RefusalError),
    _text("Idempotency-Key of a batch", ("key-1",), check_batch_key, RefusalError),
    _text("query of a dry run", ("dry_run=true", "dry-run=1", "a=b"), _dry_run, RefusalError),
    _text(
        "URL of a webhook",
        URLS,
        _private_url,
        WrongValueError,
        is_stable=lambda url: _private_url(_url_text(url)) == url,
    ),
    _text(
        "address",
        ("93.184.216.34", "2606:2800::1", "fe80::1%eth0", "::ffff:10.0.0.1"),
        is_public_address,
    ),
    _query("list_activities", _activities),
    _query("list_events", _events),
    _query("get_statement", _statement),
    _query("get_balance", lambda query: moment_asked_for(query, (), NOW)),
    _query(
        "list_membership_activities", lambda query: page_asked_for(query, *page_and_faults(query))
    ),
)
