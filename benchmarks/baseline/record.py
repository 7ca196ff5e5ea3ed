"""Hang's POST: a resolver validates, an idempotent function writes the row.

"Idempotent_function decorator", "Payload validation" and "Lambda timeouts" in Powertools'
"Idempotency": docs.aws.amazon.com/powertools/python/latest/utilities/idempotency/
"Logging incoming event" in its "Logger": docs.aws.amazon.com/powertools/python/latest/core/logger/
"""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.event_handler import APIGatewayRestResolver, Response, content_types
from aws_lambda_powertools.logging import correlation_paths
from aws_lambda_powertools.utilities.idempotency import (
    DynamoDBPersistenceLayer,
    IdempotencyConfig,
    idempotent_function,
)
from aws_lambda_powertools.utilities.idempotency.exceptions import IdempotencyValidationError
from aws_lambda_powertools.utilities.typing import LambdaContext

from benchmarks.baseline.catalog import Catalog
from benchmarks.baseline.models import MembershipActivity, Recorded, Submission
from benchmarks.baseline.stock import Stock
from benchmarks.baseline.tables import Tables

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient, DynamoDBServiceResource

type LambdaHandler = Callable[[dict[str, Any], LambdaContext], dict[str, Any]]


def recording_handler(
    baseline: Stock, tables: Tables, dynamodb: "DynamoDBServiceResource", client: "DynamoDBClient"
) -> LambdaHandler:
    """The function behind the POST; `client` is the idempotency layer's own."""
    logger = Logger(service=baseline.name)
    app = APIGatewayRestResolver(enable_validation=True)
    ledger = dynamodb.Table(tables.ledger)
    catalog = Catalog(dynamodb.Table(tables.catalog))
    config = IdempotencyConfig(
        event_key_jmespath="[network_id, body.idempotency_key]",
        payload_validation_jmespath="[program_membership_id, body]",
    )
    layer = DynamoDBPersistenceLayer(table_name=tables.idempotency, boto3_client=client)

    @idempotent_function(  # type: ignore[untyped-decorator]
        data_keyword_argument="submitted", config=config, persistence_store=layer
    )
    def record(submitted: Submission) -> dict[str, str]:
        catalog.ensure_known(submitted)
        baseline.insert(ledger, _row(submitted, baseline.identity(submitted)))
        return {"idempotency_key": submitted.body.idempotency_key}

    @app.post("/v2/program-memberships/<program_membership_id>/activities")
    def post_activity(program_membership_id: str, body: MembershipActivity) -> Recorded:
        submitted = Submission(
            network_id=app.current_event.request_context.authorizer["network_id"],
            program_membership_id=program_membership_id,
            body=body,
        )
        return Recorded(**record(submitted=submitted))

    @app.exception_handler(IdempotencyValidationError)  # type: ignore[untyped-decorator]
    def refuse_other_payload(_error: IdempotencyValidationError) -> Response[dict[str, str]]:
        answer = {"message": "The key was used with another payload."}
        return Response(422, content_types.APPLICATION_JSON, answer)

    @logger.inject_lambda_context(
        log_event=True, correlation_id_path=correlation_paths.API_GATEWAY_REST
    )
    def lambda_handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
        config.register_lambda_context(context)
        return app.resolve(event, context)

    return lambda_handler


def _row(submitted: Submission, identity: dict[str, str]) -> dict[str, Any]:
    recorded_at = datetime.now(UTC).isoformat()
    return {
        "activity_key": f"{submitted.network_id}#{identity['activity_id']}",
        **identity,
        "network_id": submitted.network_id,
        "program_membership_id": submitted.program_membership_id,
        "idempotency_key": submitted.body.idempotency_key,
        **submitted.body.activity.model_dump(exclude_none=True),
        "recorded_at": recorded_at,
        "time_shard": f"{submitted.network_id}#{recorded_at[:10]}",
    }
