"""Webhooks and their deliveries."""

from accrue.domain.administration_errors import DeliveryNotFoundError, WebhookNotFoundError
from accrue.domain.errors import InvalidRequestError
from accrue.domain.webhooks.definition import WebhookPart
from accrue.domain.webhooks.errors import TooManyWebhooksError, WebhookDisabledError
from accrue.domain.webhooks.samples import SamplePart
from local.openapi.answers.webhooks import (
    DeliveryAnswer,
    DeliveryPage,
    NewWebhookAnswer,
    RotatedSecret,
    SampleAnswer,
    WebhookAnswer,
    WebhookPage,
)
from local.openapi.operation import (
    ADMIN,
    CONDITIONAL,
    OF_ADMINS,
    WITH_DEFINITION,
    Body,
    Link,
    Operation,
    answer,
)
from local.openapi.operations.networks import CONDITIONS, TAGGED

_TAG = "Events and webhooks"
_ALL = "/networks/{network_id}/webhooks"
_ONE = f"{_ALL}/{{webhook_id}}"
_REQUESTED = {
    "network_id": "$request.path.network_id",
    "webhook_id": "$request.path.webhook_id",
}
_LINKS = {
    name: Link(operation_id=name, parameters=_REQUESTED)
    for name in ("get_webhook", "rotate_secret", "send_sample", "list_deliveries")
}

WEBHOOKS = {
    f"GET {_ALL}": Operation(
        operation_id="list_webhooks",
        summary="A network's webhooks",
        tag=_TAG,
        keys=ADMIN,
        query=("limit", "cursor"),
        answers={200: answer("A page by id.", WebhookPage)},
        refusals=(InvalidRequestError, *OF_ADMINS),
    ),
    f"GET {_ONE}": Operation(
        operation_id="get_webhook",
        summary="A webhook",
        tag=_TAG,
        keys=ADMIN,
        answers={200: answer("Without its secrets.", WebhookAnswer, headers=TAGGED)},
        refusals=(*OF_ADMINS, WebhookNotFoundError),
    ),
    f"PUT {_ONE}": Operation(
        operation_id="put_webhook",
        summary="Define a webhook, or change it",
        tag=_TAG,
        keys=ADMIN,
        body=Body.of(WebhookPart, in_path="webhook_id"),
        headers=CONDITIONS,
        answers={
            200: answer("Changed, or already so.", WebhookAnswer, headers=TAGGED),
            201: answer(
                "New; its secret is shown this one time.",
                NewWebhookAnswer,
                headers=TAGGED,
                links=_LINKS,
            ),
        },
        refusals=(*WITH_DEFINITION, *OF_ADMINS, *CONDITIONAL, TooManyWebhooksError),
    ),
    f"POST {_ONE}/rotate-secret": Operation(
        operation_id="rotate_secret",
        summary="Give a webhook a new secret",
        tag=_TAG,
        keys=ADMIN,
        answers={200: answer("It is shown this one time.", RotatedSecret)},
        refusals=(InvalidRequestError, *OF_ADMINS, WebhookNotFoundError),
    ),
    f"POST {_ONE}/samples": Operation(
        operation_id="send_sample",
        summary="Send a made-up event, to try a receiver out",
        tag=_TAG,
        keys=ADMIN,
        body=Body.of(SamplePart),
        answers={200: answer("What came of sending it.", SampleAnswer)},
        refusals=(*WITH_DEFINITION, *OF_ADMINS, WebhookNotFoundError),
    ),
    f"GET {_ONE}/deliveries": Operation(
        operation_id="list_deliveries",
        summary="A webhook's deliveries",
        tag=_TAG,
        keys=ADMIN,
        query=("status", "limit", "cursor"),
        answers={
            200: answer(
                "A page, the newest events first.",
                DeliveryPage,
                links={
                    "redelivery": Link(
                        operation_id="redeliver",
                        parameters={
                            **_REQUESTED,
                            "event_id": "$response.body#/deliveries/0/event_id",
                        },
                    )
                },
            )
        },
        refusals=(InvalidRequestError, *OF_ADMINS, WebhookNotFoundError),
    ),
    f"POST {_ONE}/deliveries/{{event_id}}/redeliver": Operation(
        operation_id="redeliver",
        summary="Deliver an event again",
        tag=_TAG,
        keys=ADMIN,
        answers={202: answer("A new round of attempts has begun.", DeliveryAnswer)},
        refusals=(
            InvalidRequestError,
            *OF_ADMINS,
            WebhookNotFoundError,
            DeliveryNotFoundError,
            WebhookDisabledError,
        ),
    ),
}
