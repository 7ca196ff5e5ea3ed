"""/networks/{network_id}/webhooks: define webhooks, look after their deliveries, try them out."""

import secrets
from functools import partial

from accrue.domain.definitions import named_in_path, read_definition
from accrue.domain.errors import Fault, InvalidRequestError
from accrue.domain.timestamps import to_text
from accrue.domain.webhooks.definition import Webhook, WebhookPart, contradictions_in_webhook
from accrue.domain.webhooks.delivery import DeliveryStatus, is_delivery_position
from accrue.domain.webhooks.samples import SamplePart
from accrue.runtime.clock import utc_now
from accrue.runtime.delivery_queue import SqsOrderQueue, sqs_client
from accrue.runtime.document_body import document_body
from accrue.runtime.http import Request, Response, Routes, endpoint
from accrue.runtime.paging import checked_page, listed_page
from accrue.runtime.representations import saved, shown
from accrue.runtime.settings import WebhookSettings
from accrue.runtime.webhook_addresses import AddressBook
from accrue.runtime.webhook_sender import HttpWebhookSender
from accrue.services.administer_deliveries import DeliveryAdministrator
from accrue.services.administer_webhooks import WebhookAdministrator
from accrue.storage.administration_table import AdministrationTable
from accrue.storage.deliveries import DeliveryTable
from accrue.storage.dynamo import dynamodb_client
from accrue.storage.webhooks import WebhookTable

settings = WebhookSettings.from_environment()
client = dynamodb_client()
addresses = AddressBook(allows_private=settings.allow_private_webhooks)
webhooks = WebhookAdministrator(
    store=WebhookTable(AdministrationTable(client, settings.catalog_table)),
    hosts=addresses,
    random_bytes=secrets.token_bytes,
    now=utc_now,
)
deliveries = DeliveryAdministrator(
    deliveries=DeliveryTable(client, settings.event_table),
    queue=SqsOrderQueue(sqs_client(), settings.delivery_queue_url, utc_now),
    sender=HttpWebhookSender(addresses),
    now=utc_now,
)


@endpoint()
def lambda_handler(request: Request) -> Response:
    """Only the answer that makes a secret shows it."""
    return ROUTES[request.route](request)


def list_webhooks(request: Request) -> Response:
    """The network's webhooks by id."""
    page = webhooks.list(request.admin_network(), request.page)
    return Response(200, listed_page("webhooks", page, [w.to_document() for w in page.things]))


def get_webhook(request: Request) -> Response:
    """One of them."""
    return shown(_webhook(request))


def put_webhook(request: Request) -> Response:
    """Define it, or change it. 201 shows the signing secret, this one time."""
    network_id = request.admin_network()
    sent = named_in_path(document_body(request), "webhook_id", request.path_parameter("webhook_id"))
    allows_private = settings.allow_private_webhooks
    part = read_definition(
        sent,
        WebhookPart,
        partial(contradictions_in_webhook, allows_private=allows_private),
        in_path="webhook_id",
    )
    put = webhooks.put(network_id, part, request.precondition)
    response = saved(put.saved)
    if put.signing_secret is None:
        return response
    body = {**response.body, "signing_secret": put.signing_secret}
    return Response(response.status, body, response.headers)


def rotate_secret(request: Request) -> Response:
    """A new secret, shown this one time; the one before it signs beside it for a day."""
    rotated = webhooks.rotate_secret(request.admin_network(), request.path_parameter("webhook_id"))
    until = rotated.previous_signs_until
    return Response(
        200,
        {
            "webhook_id": rotated.webhook_id,
            "signing_secret": rotated.signing_secret,
            "previous_secret_signs_until": until and to_text(until),
        },
    )


def send_sample(request: Request) -> Response:
    """What came of sending one now."""
    network_id, webhook = request.admin_network(), _webhook(request)
    part = read_definition(document_body(request), SamplePart)
    sample = deliveries.send_sample(network_id, webhook, part.event_type, request.call.new_unique())
    return Response(
        200,
        {
            "event_id": sample.event_id,
            "delivered": sample.result.is_success,
            "status_code": sample.result.status_code,
            "error": sample.result.error,
            "duration_ms": sample.result.duration_ms,
        },
    )


def list_deliveries(request: Request) -> Response:
    """The webhook's deliveries, the newest events first."""
    network_id, webhook = request.admin_network(), _webhook(request)
    status = _status(request.query("status"))
    wanted = checked_page(request.page, is_delivery_position)
    page = deliveries.deliveries.list_deliveries(network_id, webhook.webhook_id, status, wanted)
    return Response(200, listed_page("deliveries", page, [d.to_document() for d in page.things]))


def redeliver(request: Request) -> Response:
    """202: a new round of attempts has begun."""
    network_id, webhook = request.admin_network(), _webhook(request)
    event_id = request.path_parameter("event_id")
    return Response(202, deliveries.redeliver(network_id, webhook, event_id).to_document())


def _webhook(request: Request) -> Webhook:
    return webhooks.get(request.admin_network(), request.path_parameter("webhook_id"))


def _status(text: str | None) -> DeliveryStatus | None:
    if text is None:
        return None
    try:
        return DeliveryStatus(text)
    except ValueError:
        known = ", ".join(DeliveryStatus)
        raise InvalidRequestError.of(
            Fault("query:status", f"must be one of {known}, or left out")
        ) from None


_ONE = "/networks/{network_id}/webhooks/{webhook_id}"
ROUTES: Routes = {
    "GET /networks/{network_id}/webhooks": list_webhooks,
    f"GET {_ONE}": get_webhook,
    f"PUT {_ONE}": put_webhook,
    f"POST {_ONE}/rotate-secret": rotate_secret,
    f"POST {_ONE}/samples": send_sample,
    f"GET {_ONE}/deliveries": list_deliveries,
    f"POST {_ONE}/deliveries/{{event_id}}/redeliver": redeliver,
}
