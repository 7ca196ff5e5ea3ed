"""Networks and their keys, whole documents, sandboxes' clocks, events."""

from accrue.domain.administration_errors import (
    ApiKeyExistsError,
    ApiKeyNotFoundError,
    DefinitionInUseError,
    DefinitionsTooLargeError,
    OperatorKeyRequiredError,
    TooManyApiKeysError,
)
from accrue.domain.clock_move import ClockMove
from accrue.domain.errors import InvalidNetworkDocumentError, InvalidRequestError
from accrue.domain.network_parts import ApiKeyPart, NetworkDocument, NetworkPart
from accrue.domain.sandbox_errors import (
    ClockGoesForwardOnlyError,
    NotASandboxError,
    SandboxFixedError,
)
from local.openapi.answers.administration import (
    ApiKeyAnswer,
    ApiKeyPage,
    ClockAnswer,
    EventPage,
    ImportAnswer,
    MovedClockAnswer,
    NetworkAnswer,
    NetworkDefinitionsAnswer,
    NetworkDifferences,
    NetworkPage,
    NewApiKey,
)
from local.openapi.operation import (
    ADMIN,
    CONDITIONAL,
    OF_ADMINS,
    OPERATOR,
    OPERATOR_OR_ADMIN,
    WITH_BODY,
    WITH_DEFINITION,
    Body,
    Link,
    Operation,
    answer,
)

_ONE = "/networks/{network_id}"
_SAME = {"network_id": "$request.path.network_id"}
TAGGED = {"ETag": True}
CONDITIONS = ("If-Match", "If-None-Match")
_NETWORK_LINKS = {"network": Link(operation_id="get_network", parameters=_SAME)}
# What an admin does with a new key.
_DEFINED_WITH_IT = {
    operation_id: Link(operation_id=operation_id, parameters=_SAME)
    for operation_id in (
        *("put_activity_type", "put_program", "put_user", "put_webhook"),
        *("start_job", "list_events", "list_activities", "record_network_activity"),
    )
}

NETWORKS = {
    "GET /networks": Operation(
        operation_id="list_networks",
        summary="All networks",
        tag="Networks",
        keys=OPERATOR,
        query=("limit", "cursor"),
        answers={200: answer("A page of their ids.", NetworkPage)},
        refusals=(InvalidRequestError, OperatorKeyRequiredError),
    ),
    f"GET {_ONE}": Operation(
        operation_id="get_network",
        summary="A network",
        tag="Networks",
        keys=OPERATOR_OR_ADMIN,
        answers={200: answer("As it is.", NetworkAnswer, headers=TAGGED)},
        refusals=OF_ADMINS,
    ),
    f"PUT {_ONE}": Operation(
        operation_id="put_network",
        summary="Make a network, or change it",
        tag="Networks",
        keys=OPERATOR_OR_ADMIN,
        body=Body.of(NetworkPart, in_path="network_id"),
        headers=CONDITIONS,
        answers={
            200: answer("Changed, or already so.", NetworkAnswer, headers=TAGGED),
            201: answer("New.", NetworkAnswer, headers=TAGGED, links=_NETWORK_LINKS),
        },
        refusals=(
            *WITH_DEFINITION,
            *OF_ADMINS,
            *CONDITIONAL,
            SandboxFixedError,
            DefinitionInUseError,
        ),
    ),
    f"GET {_ONE}/api-keys": Operation(
        operation_id="list_api_keys",
        summary="A network's keys",
        tag="Networks",
        keys=OPERATOR_OR_ADMIN,
        query=("limit", "cursor"),
        answers={200: answer("A page, revoked ones too.", ApiKeyPage)},
        refusals=(InvalidRequestError, *OF_ADMINS),
    ),
    f"POST {_ONE}/api-keys": Operation(
        operation_id="issue_api_key",
        summary="Issue a key",
        tag="Networks",
        keys=OPERATOR_OR_ADMIN,
        body=Body.of(ApiKeyPart),
        answers={
            201: answer(
                "Its text is in this answer and in no other.",
                NewApiKey,
                links={
                    "revocation": Link(
                        operation_id="revoke_api_key",
                        parameters={**_SAME, "key_id": "$response.body#/key_id"},
                    ),
                    **_DEFINED_WITH_IT,
                },
            )
        },
        refusals=(*WITH_DEFINITION, *OF_ADMINS, ApiKeyExistsError, TooManyApiKeysError),
    ),
    f"POST {_ONE}/api-keys/{{key_id}}/revoke": Operation(
        operation_id="revoke_api_key",
        summary="Revoke a key",
        tag="Networks",
        keys=OPERATOR_OR_ADMIN,
        answers={200: answer("It opens nothing any more.", ApiKeyAnswer)},
        refusals=(InvalidRequestError, *OF_ADMINS, ApiKeyNotFoundError),
    ),
    f"GET {_ONE}/document": Operation(
        operation_id="export_document",
        summary="All that a network defines, as one document",
        tag="Networks",
        keys=ADMIN,
        answers={
            200: answer(
                "To be imported here or elsewhere.", NetworkDefinitionsAnswer, headers=TAGGED
            )
        },
        refusals=(*OF_ADMINS, DefinitionsTooLargeError),
    ),
    f"PUT {_ONE}/document": Operation(
        operation_id="import_document",
        summary="Make a network be as a document says",
        tag="Networks",
        keys=ADMIN,
        body=Body.of(NetworkDocument, in_path="network/network_id"),
        answers={200: answer("What changed; new keys are shown this once.", ImportAnswer)},
        refusals=(*WITH_BODY, *OF_ADMINS, InvalidNetworkDocumentError),
    ),
    f"POST {_ONE}/document/diff": Operation(
        operation_id="compare_document",
        summary="What an import of a document would change",
        tag="Networks",
        keys=ADMIN,
        body=Body.of(NetworkDocument, in_path="network/network_id"),
        answers={200: answer("Nothing is changed.", NetworkDifferences)},
        refusals=(*WITH_BODY, *OF_ADMINS, InvalidNetworkDocumentError),
    ),
    f"GET {_ONE}/clock": Operation(
        operation_id="get_clock",
        summary="What time it is in a sandbox",
        tag="Networks",
        keys=ADMIN,
        answers={200: answer("What the clock shows.", ClockAnswer)},
        refusals=(*OF_ADMINS, NotASandboxError),
    ),
    f"POST {_ONE}/clock": Operation(
        operation_id="move_clock",
        summary="Make it a later time in a sandbox",
        tag="Networks",
        keys=ADMIN,
        body=Body.of(ClockMove),
        answers={200: answer("What is due by then is posted.", MovedClockAnswer)},
        refusals=(*WITH_DEFINITION, *OF_ADMINS, NotASandboxError, ClockGoesForwardOnlyError),
    ),
    f"GET {_ONE}/events": Operation(
        operation_id="list_events",
        summary="What happened",
        tag="Events and webhooks",
        keys=ADMIN,
        query=("type", "since", "limit", "cursor"),
        answers={
            200: answer(
                "A page, in the order of publication.",
                EventPage,
                links={
                    "next": Link(
                        operation_id="list_events",
                        parameters={**_SAME, "cursor": "$response.body#/next_cursor"},
                    )
                },
            )
        },
        refusals=(InvalidRequestError, *OF_ADMINS),
    ),
}
