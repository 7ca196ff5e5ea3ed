"""Parsers of administrators' documents: from the text of a body to a checked definition."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any, cast

from aws_lambda_powertools.utilities.data_classes import APIGatewayProxyEvent

from accrue.domain.caller import Caller
from accrue.domain.catalog import ActivityType, KeyRole, Network
from accrue.domain.clock_move import ClockMove
from accrue.domain.definitions import (
    contradictions_in_activity_type,
    contradictions_in_network,
    named_in_path,
    read_definition,
)
from accrue.domain.errors import RefusalError
from accrue.domain.event_types import EventType
from accrue.domain.jobs.definitions import DEFINITIONS
from accrue.domain.jobs.job import JobKind
from accrue.domain.network_document import parse_network_document
from accrue.domain.network_parts import (
    ActivityTypePart,
    ApiKeyPart,
    NetworkDocument,
    NetworkPart,
    UserPart,
)
from accrue.domain.program.parts import Document
from accrue.domain.program_publication import ProgramPublication, read_publication
from accrue.domain.suspension_part import SuspensionPart
from accrue.domain.webhooks.definition import WebhookPart, contradictions_in_webhook
from accrue.domain.webhooks.samples import SamplePart
from accrue.runtime.document_body import document_body
from accrue.runtime.http import Request
from tests.unit.fuzzing.inputs import json_texts
from tests.unit.fuzzing.parsers import Parser
from tests.unit.fuzzing.recorded import bodies_of, events_of

NETWORK = Network("demo", "Demo", b"", metadata_fields=("store", "channel"))
TYPES = [
    ActivityType(name, "sale", ("buyer", "seller", "member"), allows_negative=False)
    for name in ("sale", "visit", "activity_type_1", "survey")
]
WEBHOOK = {
    "webhook_id": "crm",
    "url": "https://hooks.example.com:8443/accrue?from=demo",
    "event_types": ["*"],
    "is_enabled": True,
    "description": "our CRM",
}

type Sent = Mapping[str, Any]


def _document(text: str) -> Sent:
    event = APIGatewayProxyEvent({"body": text, "isBase64Encoded": False})
    caller = Caller("demo", KeyRole.ADMIN, "admin")
    return document_body(Request(event, cast("Any", None), caller))


def _definition(
    name: str, samples: Sequence[Any], read: Callable[[Sent], Document], share: int = 1
) -> Parser:
    """A parser of definitions, which reads what it made of one as it read that."""
    return Parser(
        name=name,
        make=json_texts(samples),
        parse=lambda text: read(_document(text)),
        refusals=(RefusalError,),
        most_work=20_000,
        most_work_per_byte=1200,
        is_stable=lambda part: read(part.model_dump(mode="json", exclude_none=True)) == part,
        share=share,
    )


def _sent_again(document: NetworkDocument) -> Sent:
    said = document.model_dump(mode="json", exclude_none=True)
    return {**said, "programs": [program.to_document() for program in document.programs]}


def _publication(sent: Sent) -> ProgramPublication:
    return read_publication(sent, "coffee-club", NETWORK, TYPES)


_JOBS = {
    kind: [body for body in bodies_of("administer_jobs") if body.get("kind") == kind.value]
    for kind in JobKind
}
DOCUMENT_PARSERS = (
    _definition(
        "network",
        bodies_of("administer_networks"),
        lambda sent: read_definition(
            named_in_path(sent, "network_id", "demo"), NetworkPart, contradictions_in_network
        ),
    ),
    _definition(
        "activity type",
        bodies_of("administer_activity_types"),
        lambda sent: read_definition(
            named_in_path(sent, "activity_type_id", "sale"),
            ActivityTypePart,
            contradictions_in_activity_type,
        ),
    ),
    _definition(
        "API key", bodies_of("administer_api_keys"), lambda s: read_definition(s, ApiKeyPart)
    ),
    _definition(
        "user",
        bodies_of("administer_users"),
        lambda sent: read_definition(named_in_path(sent, "user_id", "ann"), UserPart),
    ),
    _definition(
        "suspension", [{"reason": "chargeback"}], lambda s: read_definition(s, SuspensionPart)
    ),
    _definition("clock", bodies_of("administer_clock"), lambda s: read_definition(s, ClockMove)),
    _definition(
        "webhook",
        [WEBHOOK, *bodies_of("administer_webhooks")],
        lambda sent: read_definition(
            named_in_path(sent, "webhook_id", "crm"),
            WebhookPart,
            partial(contradictions_in_webhook, allows_private=False),
        ),
        share=4,
    ),
    _definition(
        "sample of a webhook",
        [{"event_type": each.value} for each in EventType],
        lambda sent: read_definition(sent, SamplePart),
    ),
    *(
        _definition(
            f"job: {kind}",
            samples or [{"kind": kind.value, "idempotency_key": "k", "of": "jb_1"}],
            partial(read_definition, model=DEFINITIONS[kind]),
        )
        for kind, samples in _JOBS.items()
    ),
    replace(
        _definition("program", bodies_of("administer_programs"), _publication, share=4),
        is_stable=lambda part: (
            _publication({"program": part.program.to_document()}).program == part.program
        ),
    ),
    replace(
        _definition(
            "network document",
            [*events_of("import_catalog"), *bodies_of("administer_network_document")],
            parse_network_document,
            share=3,
        ),
        is_stable=lambda document: parse_network_document(_sent_again(document)) == document,
    ),
)
