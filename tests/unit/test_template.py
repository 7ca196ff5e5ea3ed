"""What template.yaml promises: names, rights, front doors, and that nothing recorded is lost."""

import json
import re
from collections import Counter
from datetime import timedelta
from fnmatch import fnmatchcase
from typing import Any

import pytest

from accrue.domain.ledger_pages import LIST_DELAY
from accrue.domain.sandbox_clock import KEPT_FOR
from accrue.domain.webhooks.delivery import UNDER_WAY_FOR
from accrue.domain.webhooks.retry_schedule import DEFAULT_DELAYS_SECONDS
from accrue.runtime.settings import DELAYS_PATTERN
from accrue.services.run_job import MOST_TRIES
from tests.template import ROOT, resources_of, template

FUNCTIONS = resources_of("AWS::Serverless::Function")
FOLDERS = sorted(path.parent.name for path in ROOT.glob("functions/*/handler.py"))
RESOURCES = template()["Resources"]
API = RESOURCES["PartnerApi"]["Properties"]
# `METHOD path`. Whatever stands here is open to everybody.
PUBLIC_ROUTES: frozenset[str] = frozenset()
# Modules that no single function is named after.
SHARED_SERVICES = {
    "batch_run",
    "administer_deliveries",
    "authorize",
    "commit_replay",
    "decide_replay",
    "find_readable_rows",
    "find_replays",
    "open_replay",
    "preview_replay",
    "resolve_replay",
    "reverse_replay",
    "walk_ledger",
    "plan_deliveries",
    "dry_book",
    "dry_enrolments",
    "dry_ledger",
    "enrol",
    "find_activities",
    "find_reversals",
    "fold",
    "import_report",
    "import_users",
    "audit_balances",
    "audit_membership",
    "backtest_membership",
    "backtest_program",
    "carry_audit",
    "job_carry",
    "job_memberships",
    "job_ports",
    "open_audit",
    "open_backtest",
    "open_repair",
    "refold",
    "repair_balances",
    "walk_chain",
    "first_key",
    "seal_draft",
    "seal_entries",
    "seal_results",
    "sharing",
    "order_points",
    "ports",
    "post_at_once",
    "put_conditionally",
    "read_since",
    "record_activity",
    "resolve_network_activity",
    "try_out",
}
FUNCTIONS_WITHOUT_A_SERVICE = {"authorize_api_key", "authorize_bearer", "watch_ledger"}

CATALOG = "CatalogTable.Arn"
LEDGER = "LedgerTable.Arn"
LEDGER_INDEX = "${LedgerTable.Arn}/index/by_recorded_at"
BALANCE = "BalanceTable.Arn"
REFERENCE_INDEX = "${LedgerTable.Arn}/index/by_reference"
OUTCOME_INDEX = "${BalanceTable.Arn}/index/by_outcome"
DUE_INDEX = "${BalanceTable.Arn}/index/by_due"
EVENTS = "EventTable.Arn"
DELIVERIES_INDEX = "${EventTable.Arn}/index/by_delivery_status"
BUS = "EventBus.Arn"
QUEUE = "DeliveryQueue.Arn"
JOBS = "JobTable.Arn"
SEAL_BUCKET = "SealBucket.Arn"
# The one ARN with a wildcard: those of objects have none without.
SEALS = "${SealBucket.Arn}/seals/*"
JOB_QUEUE = "JobQueue.Arn"
SEND_MESSAGES = {"sqs:SendMessage", "sqs:SendMessageBatch"}
READ_CATALOG = {"GetItem", "Query"}
USER_KEYS = ("*#USERS", "*#EMAIL#*", "*#TRAITS#*", "*#MEMBERSHIP#*")
DOCUMENT_KEYS = (
    *("#NETWORKS", "#KEY#*", "*#KEYS", "*#KEY_COUNTS", "*#TYPES"),
    *("*#PROGRAM#*", "*#PROGRAMS", "*#DEFINITIONS", *USER_KEYS),
)
# Resource, and the leading keys to which the rights on it are limited.
type Rights = dict[tuple[str, tuple[str, ...]], set[str]]

TRY_OUT_ACTIVITIES: Rights = {
    (BALANCE, ()): {"BatchGetItem", "GetItem"},
    (CATALOG, ("*#PROGRAM#*", "*#TRAITS#*")): READ_CATALOG,
}
CARRY_OUT_ORDERS: Rights = {
    (LEDGER, ()): {"GetItem", "PutItem"},
    (BALANCE, ()): {"BatchGetItem", "GetItem", "PutItem"},
    (CATALOG, ("#NETWORKS", "*#CLOCK", "*#MEMBERSHIP#*")): {"GetItem"},
    (CATALOG, ("*#PROGRAM#*",)): {"Query"},
}
RIGHTS: dict[str, Rights] = {
    "record_membership_activity": {
        (LEDGER, ()): {"GetItem", "PutItem"},
        **TRY_OUT_ACTIVITIES,
        (CATALOG, ("#NETWORKS", "*#CLOCK", "*#TYPES", "*#MEMBERSHIP#*")): {"GetItem"},
    },
    "record_network_activity": {
        (LEDGER, ()): {"GetItem", "PutItem"},
        **TRY_OUT_ACTIVITIES,
        (CATALOG, ("#NETWORKS", "*#CLOCK", "*#TYPES", "*#EMAIL#*")): READ_CATALOG,
        (CATALOG, ("*#USERS", "*#EMAIL#*", "*#MEMBERSHIP#*")): {"GetItem", "PutItem"},
    },
    "record_activity_batch": {
        (LEDGER, ()): {"BatchGetItem", "GetItem", "PartiQLInsert", "PutItem"},
        (CATALOG, ("#NETWORKS", "*#CLOCK", "*#TYPES", "*#EMAIL#*", "*#MEMBERSHIP#*")): {
            "BatchGetItem",
            *READ_CATALOG,
        },
        (CATALOG, ("*#USERS", "*#EMAIL#*", "*#MEMBERSHIP#*")): {"GetItem", "PutItem"},
    },
    "redeem_points": CARRY_OUT_ORDERS,
    "hold_points": CARRY_OUT_ORDERS,
    "capture_hold": CARRY_OUT_ORDERS,
    "release_hold": CARRY_OUT_ORDERS,
    "adjust_points": CARRY_OUT_ORDERS,
    "reverse_activity": {
        (LEDGER, ()): {"BatchGetItem", "GetItem", "PutItem"},
        (BALANCE, ()): {"BatchGetItem", "GetItem", "PutItem"},
        (CATALOG, ("#NETWORKS", "*#CLOCK")): {"GetItem"},
        (CATALOG, ("*#PROGRAM#*", "*#TRAITS#*")): READ_CATALOG,
    },
    "get_activity": {
        (LEDGER, ()): {"BatchGetItem", "GetItem"},
        (BALANCE, ()): {"BatchGetItem"},
        (CATALOG, ("*#PROGRAM#*",)): {"GetItem"},
    },
    "list_activities": {
        **{(index, ()): {"Query"} for index in (LEDGER_INDEX, REFERENCE_INDEX, OUTCOME_INDEX)},
        (LEDGER, ()): {"BatchGetItem", "GetItem"},
        (BALANCE, ("*#M#*",)): {"BatchGetItem"},
        (BALANCE, ("#RECONCILE#*",)): {"GetItem", "Query"},
        (CATALOG, ("#NETWORKS", "*#CLOCK")): {"GetItem"},
    },
    "get_membership": {
        (BALANCE, ()): {"GetItem"},
        (CATALOG, ("#NETWORKS", "*#CLOCK", "*#MEMBERSHIP#*")): {"GetItem"},
        (CATALOG, ("*#PROGRAM#*",)): {"Query"},
    },
    "list_membership_activities": {
        (BALANCE, ("*#M#*",)): {"Query"},
        (CATALOG, ("*#MEMBERSHIP#*",)): {"GetItem"},
    },
    "get_balance": {
        (BALANCE, ("*#M#*",)): {"GetItem", "Query"},
        (LEDGER, ()): {"GetItem"},
        (CATALOG, ("#NETWORKS", "*#CLOCK", "*#MEMBERSHIP#*")): {"GetItem"},
        (CATALOG, ("*#PROGRAM#*",)): READ_CATALOG,
    },
    "get_statement": {
        (BALANCE, ("*#M#*",)): {"GetItem", "Query"},
        (CATALOG, ("#NETWORKS", "*#CLOCK", "*#MEMBERSHIP#*")): {"GetItem"},
        (CATALOG, ("*#PROGRAM#*",)): {"Query"},
    },
    "authorize_api_key": {(CATALOG, ("#KEY#*",)): {"GetItem"}},
    "authorize_bearer": {(CATALOG, ("#KEY#*",)): {"GetItem"}},
    "apply_rules": {
        (LEDGER, ()): {"PutItem"},
        (BALANCE, ()): {"BatchGetItem", "GetItem", "PutItem"},
        (CATALOG, ("*#PROGRAM#*", "*#TRAITS#*")): READ_CATALOG,
    },
    "watch_ledger": {},
    "reconcile": {
        (LEDGER_INDEX, ()): {"Query"},
        (LEDGER, ()): {"GetItem", "PutItem"},
        (BALANCE, ()): {"BatchGetItem", "GetItem", "PutItem", "Query"},
        (BALANCE, ("#RECONCILE#*",)): {"DeleteItem"},
        (CATALOG, ("#NETWORKS", "*#CLOCK", "*#PROGRAM#*", "*#TRAITS#*")): READ_CATALOG,
    },
    "apply_due": {
        (DUE_INDEX, ()): {"Query"},
        (BALANCE, ()): {"GetItem", "PutItem"},
        (LEDGER, ()): {"PutItem"},
        (CATALOG, ("#NETWORKS", "*#CLOCK", "*#PROGRAM#*", "*#MEMBERSHIP#*")): READ_CATALOG,
    },
    "administer_users": {
        (CATALOG, ("#NETWORKS",)): {"GetItem"},
        (CATALOG, USER_KEYS): {"GetItem", "PutItem"},
        (CATALOG, ("*#USERS",)): {"Query"},
        (CATALOG, ("*#EMAIL#*", "*#TRAITS#*")): {"DeleteItem"},
    },
    "create_program_membership": {
        (CATALOG, ("#NETWORKS", "*#PROGRAM#*")): READ_CATALOG,
        (CATALOG, ("*#USERS", "*#EMAIL#*", "*#MEMBERSHIP#*")): {"GetItem", "PutItem"},
    },
    "administer_networks": {
        (CATALOG, ("#NETWORKS", "*#DEFINITIONS")): {"GetItem", "PutItem", "Query"},
        (CATALOG, ("*#CLOCK",)): {"GetItem"},
        (CATALOG, ("*#PROGRAM#*", "*#PROGRAMS")): {"Query"},
    },
    "administer_api_keys": {
        (CATALOG, ("#NETWORKS",)): {"GetItem"},
        (CATALOG, ("#KEY#*", "*#KEYS", "*#KEY_COUNTS")): {"GetItem", "PutItem", "Query"},
    },
    "administer_activity_types": {
        (CATALOG, ("*#TYPES", "*#DEFINITIONS")): {"GetItem", "PutItem", "Query"},
        (CATALOG, ("*#PROGRAM#*", "*#PROGRAMS")): {"Query"},
    },
    "administer_programs": {
        (CATALOG, ("#NETWORKS", "*#CLOCK")): {"GetItem"},
        (CATALOG, ("*#TYPES",)): {"Query"},
        (CATALOG, ("*#PROGRAM#*", "*#PROGRAMS", "*#DEFINITIONS")): {"GetItem", "PutItem", "Query"},
    },
    "administer_clock": {
        (DUE_INDEX, ()): {"Query"},
        (BALANCE, ()): {"GetItem", "PutItem"},
        (LEDGER, ()): {"PutItem"},
        (CATALOG, ("#NETWORKS", "*#MEMBERSHIP#*")): {"GetItem"},
        (CATALOG, ("*#PROGRAM#*",)): {"Query"},
        (CATALOG, ("*#CLOCK",)): {"GetItem", "PutItem"},
    },
    "administer_network_document": {
        (CATALOG, DOCUMENT_KEYS): {"GetItem", "PutItem", "Query"},
        (CATALOG, ("*#CLOCK",)): {"GetItem"},
        (CATALOG, ("*#TRAITS#*",)): {"DeleteItem"},
    },
    "import_catalog": {
        (CATALOG, DOCUMENT_KEYS): {"GetItem", "PutItem", "Query"},
        (CATALOG, ("*#CLOCK",)): {"GetItem"},
        (CATALOG, ("*#TRAITS#*",)): {"DeleteItem"},
    },
    "publish_events": {
        (EVENTS, ("*#LOG#*",)): {"BatchWriteItem"},
        (EVENTS, ("*#DELIVERIES#*",)): {"PutItem"},
        (EVENTS, ("#UNPUBLISHED",)): {"PutItem"},
        (CATALOG, ("*#WEBHOOKS",)): {"Query"},
        (QUEUE, ()): SEND_MESSAGES,
        (BUS, ()): {"events:PutEvents"},
    },
    "administer_webhooks": {
        (CATALOG, ("*#WEBHOOKS",)): {"GetItem", "PutItem", "Query"},
        (EVENTS, ("*#DELIVERIES#*",)): {"GetItem", "PutItem"},
        (DELIVERIES_INDEX, ()): {"Query"},
        (QUEUE, ()): SEND_MESSAGES,
    },
    "deliver_webhook": {
        (CATALOG, ("*#WEBHOOKS",)): {"GetItem", "PutItem"},
        (EVENTS, ("*#DELIVERIES#*",)): {"GetItem", "PutItem"},
        (QUEUE, ()): SEND_MESSAGES,
    },
    "list_events": {(EVENTS, ("*#LOG#*",)): {"Query"}},
    "administer_jobs": {
        (JOBS, ("*#JOBS", "*#JOB#*")): {
            *("BatchGetItem", "GetItem", "PutItem", "Query", "UpdateItem")
        },
        (CATALOG, ("#NETWORKS", "*#CLOCK")): {"GetItem"},
        (
            CATALOG,
            ("*#KEYS", "*#MEMBERSHIP#*", "*#PROGRAM#*", "*#PROGRAMS", "*#TYPES"),
        ): READ_CATALOG,
        (JOB_QUEUE, ()): {"sqs:SendMessage"},
    },
    "seal_ledger": {
        (LEDGER_INDEX, ()): {"Query"},
        (LEDGER, ()): {"BatchGetItem"},
        (BALANCE, ()): {"BatchGetItem"},
        (CATALOG, ("#NETWORKS", "*#CLOCK", "*#KEYS")): READ_CATALOG,
        (SEALS, ()): {"s3:GetObjectVersion", "s3:PutObject"},
        (SEAL_BUCKET, ()): {"s3:ListBucketVersions"},
    },
    "run_job": {
        (JOBS, ("*#JOB#*", "*#SCRATCH#*")): {
            *("BatchWriteItem", "GetItem", "PutItem", "Query", "UpdateItem")
        },
        (LEDGER_INDEX, ()): {"Query"},
        (LEDGER, ()): {"BatchGetItem", "GetItem", "PutItem"},
        (BALANCE, ()): {"BatchGetItem", "GetItem", "PutItem", "Query"},
        (
            CATALOG,
            (
                *("#NETWORKS", "*#CLOCK", "*#TYPES", "*#PROGRAM#*", "*#USERS", "*#TRAITS#*"),
                "*#MEMBERSHIP#*",
            ),
        ): READ_CATALOG,
        (CATALOG, ("*#USERS",)): {"BatchGetItem"},
        (JOB_QUEUE, ()): {"sqs:SendMessage"},
    },
}


def _logical_id(operation: str) -> str:
    return "".join(part.capitalize() for part in operation.split("_")) + "Function"


def _properties(operation: str) -> dict[str, Any]:
    properties: dict[str, Any] = FUNCTIONS[_logical_id(operation)]["Properties"]
    return properties


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _statements(operation: str) -> list[dict[str, Any]]:
    return [s for policy in _properties(operation)["Policies"] for s in policy["Statement"]]


def _arn(resource: dict[str, str]) -> str:
    ((_, arn),) = resource.items()
    return arn


# ---- One name in five places ----


def test_each_function_folder_is_a_function_and_each_function_a_folder() -> None:
    assert sorted(FUNCTIONS) == sorted(_logical_id(folder) for folder in FOLDERS)


@pytest.mark.parametrize("operation", FOLDERS)
def test_function_runs_the_handler_of_its_folder(operation: str) -> None:
    assert _properties(operation)["CodeUri"] == f"functions/{operation}"
    assert template()["Globals"]["Function"]["Handler"] == "handler.lambda_handler"
    assert "Handler" not in _properties(operation)


@pytest.mark.parametrize("operation", FOLDERS)
def test_function_folder_holds_one_file(operation: str) -> None:
    folder = ROOT / "functions" / operation

    assert [p.name for p in folder.iterdir() if p.name != "__pycache__"] == ["handler.py"]


def test_services_are_named_after_functions() -> None:
    modules = {p.stem for p in ROOT.glob("layers/accrue/accrue/services/[a-z]*.py")}

    assert modules - SHARED_SERVICES == set(FOLDERS) - FUNCTIONS_WITHOUT_A_SERVICE


def test_each_function_has_events() -> None:
    assert sorted(p.name for p in (ROOT / "events").iterdir()) == FOLDERS


@pytest.mark.parametrize("operation", FOLDERS)
def test_function_has_a_log_group_of_its_own_that_forgets(operation: str) -> None:
    log_group = _logical_id(operation).removesuffix("Function") + "LogGroup"

    assert _properties(operation)["LoggingConfig"] == {"LogGroup": {"Ref": log_group}}
    assert RESOURCES[log_group]["Properties"]["LogGroupName"] == {
        "Fn::Sub": f"/accrue/${{AWS::StackName}}/{operation}"
    }
    assert RESOURCES[log_group]["Properties"]["RetentionInDays"] == {"Ref": "LogRetentionDays"}


def test_functions_and_layers_are_built_for_the_architecture_of_the_parameter() -> None:
    wanted = {"Ref": "Architecture"}

    assert template()["Parameters"]["Architecture"]["Default"] == "arm64"
    assert template()["Globals"]["Function"]["Architectures"] == [wanted]
    assert not [name for name, f in FUNCTIONS.items() if "Architectures" in f["Properties"]]
    for layer in resources_of("AWS::Serverless::LayerVersion").values():
        assert layer["Metadata"]["BuildArchitecture"] == wanted
        assert layer["Properties"]["CompatibleArchitectures"] == [wanted]


def test_the_endpoint_of_aws_is_declared_and_left_open() -> None:
    variables = template()["Globals"]["Function"]["Environment"]["Variables"]

    assert variables["AWS_ENDPOINT_URL"] == {"Ref": "AWS::NoValue"}


# ---- Front doors ----


def _routes() -> dict[str, dict[str, Any]]:
    return {
        f"{event['Properties']['Method']} {event['Properties']['Path']}": event["Properties"]
        for function in FUNCTIONS.values()
        for event in function["Properties"].get("Events", {}).values()
        if event["Type"] == "Api"
    }


def test_each_route_names_its_authorizer_or_is_public_on_purpose() -> None:
    authorizers = {route: p.get("Auth", {}).get("Authorizer") for route, p in _routes().items()}

    # "NONE" is SAM's word for open.
    without = {r for r, named in authorizers.items() if named not in API["Auth"]["Authorizers"]}
    assert without == PUBLIC_ROUTES


def test_routes_ask_for_the_key_where_their_clients_send_it() -> None:
    assert {route: p["Auth"]["Authorizer"] for route, p in _routes().items()} == {
        "POST /v2/program-memberships/{program_membership_id}/activities": "ApiKeyAuthorizer",
        "POST /v2/program-memberships/{program_membership_id}/redemptions": "ApiKeyAuthorizer",
        "GET /v2/program-memberships/{program_membership_id}": "ApiKeyAuthorizer",
        "GET /v2/program-memberships/{program_membership_id}/activities": "ApiKeyAuthorizer",
        "GET /v2/program-memberships/{program_membership_id}/balance": "ApiKeyAuthorizer",
        "GET /v2/program-memberships/{program_membership_id}/statement": "ApiKeyAuthorizer",
        "POST /v2/program-memberships/{program_membership_id}/adjustments": "ApiKeyAuthorizer",
        "POST /v2/program-memberships/{program_membership_id}/holds/{hold_id}/release": (
            "ApiKeyAuthorizer"
        ),
        "POST /v2/program-memberships/{program_membership_id}/holds/{hold_id}/capture": (
            "ApiKeyAuthorizer"
        ),
        "POST /v2/program-memberships/{program_membership_id}/holds": "ApiKeyAuthorizer",
        "POST /networks/{network_id}/activity": "BearerAuthorizer",
        "POST /networks/{network_id}/activities/batch": "BearerAuthorizer",
        "GET /networks/{network_id}/activities": "BearerAuthorizer",
        "GET /networks/{network_id}/activities/{activity_id}": "BearerAuthorizer",
        "POST /networks/{network_id}/activities/{activity_id}/reversal": "BearerAuthorizer",
        "GET /networks/{network_id}/events": "BearerAuthorizer",
        "GET /networks/{network_id}/clock": "BearerAuthorizer",
        "POST /networks/{network_id}/clock": "BearerAuthorizer",
        "GET /networks/{network_id}/webhooks": "BearerAuthorizer",
        "GET /networks/{network_id}/webhooks/{webhook_id}": "BearerAuthorizer",
        "PUT /networks/{network_id}/webhooks/{webhook_id}": "BearerAuthorizer",
        "POST /networks/{network_id}/webhooks/{webhook_id}/rotate-secret": "BearerAuthorizer",
        "POST /networks/{network_id}/webhooks/{webhook_id}/samples": "BearerAuthorizer",
        "GET /networks/{network_id}/webhooks/{webhook_id}/deliveries": "BearerAuthorizer",
        "POST /networks/{network_id}/webhooks/{webhook_id}/deliveries/{event_id}/redeliver": (
            "BearerAuthorizer"
        ),
        "GET /networks": "BearerAuthorizer",
        "GET /networks/{network_id}": "BearerAuthorizer",
        "PUT /networks/{network_id}": "BearerAuthorizer",
        "GET /networks/{network_id}/api-keys": "BearerAuthorizer",
        "POST /networks/{network_id}/api-keys": "BearerAuthorizer",
        "POST /networks/{network_id}/api-keys/{key_id}/revoke": "BearerAuthorizer",
        "GET /networks/{network_id}/programs": "BearerAuthorizer",
        "GET /networks/{network_id}/programs/{program_id}": "BearerAuthorizer",
        "PUT /networks/{network_id}/programs/{program_id}": "BearerAuthorizer",
        "GET /networks/{network_id}/programs/{program_id}/versions": "BearerAuthorizer",
        "GET /networks/{network_id}/programs/{program_id}/versions/{version}": "BearerAuthorizer",
        "GET /networks/{network_id}/programs/{program_id}/diff": "BearerAuthorizer",
        "GET /networks/{network_id}/document": "BearerAuthorizer",
        "PUT /networks/{network_id}/document": "BearerAuthorizer",
        "POST /networks/{network_id}/document/diff": "BearerAuthorizer",
        "GET /networks/{network_id}/activity-types": "BearerAuthorizer",
        "GET /networks/{network_id}/activity-types/{activity_type_id}": "BearerAuthorizer",
        "GET /networks/{network_id}/users": "BearerAuthorizer",
        "GET /networks/{network_id}/users/{user_id}": "BearerAuthorizer",
        "PUT /networks/{network_id}/users/{user_id}": "BearerAuthorizer",
        "POST /networks/{network_id}/users/{user_id}/suspend": "BearerAuthorizer",
        "POST /networks/{network_id}/users/{user_id}/reinstate": "BearerAuthorizer",
        "POST /networks/{network_id}/users/{user_id}/forget": "BearerAuthorizer",
        "POST /networks/{network_id}/jobs": "BearerAuthorizer",
        "GET /networks/{network_id}/jobs": "BearerAuthorizer",
        "GET /networks/{network_id}/jobs/{job_id}": "BearerAuthorizer",
        "GET /networks/{network_id}/jobs/{job_id}/findings": "BearerAuthorizer",
        "POST /networks/{network_id}/jobs/{job_id}/cancellation": "BearerAuthorizer",
        "POST /v2/program-memberships": "ApiKeyAuthorizer",
        "PUT /networks/{network_id}/activity-types/{activity_type_id}": "BearerAuthorizer",
    }


def test_all_routes_are_of_the_api_with_the_authorizers() -> None:
    assert all(p["RestApiId"] == {"Ref": "PartnerApi"} for p in _routes().values())
    assert list(resources_of("AWS::Serverless::Api")) == ["PartnerApi"]
    assert not resources_of("AWS::Serverless::HttpApi")
    assert "DefinitionBody" not in API


def test_a_route_that_forgets_its_authorizer_is_not_open() -> None:
    assert API["Auth"]["DefaultAuthorizer"] in API["Auth"]["Authorizers"]


@pytest.mark.parametrize(
    ("authorizer", "function", "header"),
    [
        ("ApiKeyAuthorizer", "AuthorizeApiKeyFunction", "X-API-Key"),
        ("BearerAuthorizer", "AuthorizeBearerFunction", "Authorization"),
    ],
)
def test_authorizer_is_cached_by_the_one_header_that_it_reads(
    authorizer: str, function: str, header: str
) -> None:
    defined = API["Auth"]["Authorizers"][authorizer]

    assert defined["FunctionArn"] == {"Ref": f"{function}.Alias"}
    assert defined["FunctionPayloadType"] == "REQUEST"
    assert defined["Identity"].keys() == {"Headers", "ReauthorizeEvery"}
    assert defined["Identity"]["Headers"] == [header]
    # At 0 a call without the header gets through to the function.
    assert 0 < defined["Identity"]["ReauthorizeEvery"] <= 300


def test_there_are_no_other_authorizers() -> None:
    assert set(API["Auth"]["Authorizers"]) == {"ApiKeyAuthorizer", "BearerAuthorizer"}


@pytest.mark.parametrize("response_type", sorted(API["GatewayResponses"]))
def test_gateway_answers_in_our_error_form(response_type: str) -> None:
    ((content_type, text),) = API["GatewayResponses"][response_type]["ResponseTemplates"].items()
    # messageString comes with its quotes.
    filled = text.replace("$context.error.messageString", '"Said by the gateway"')
    filled = filled.replace("$context.requestId", "id").replace(
        "$context.error.responseType", "SAID_BY_THE_GATEWAY"
    )

    body = json.loads(filled)

    assert content_type == "application/json"
    assert "$" not in filled
    assert list(body) == ["message", "code", "errors", "request_id"]
    assert body["message"]
    assert re.fullmatch(r"[A-Z][A-Z0-9_]+", body["code"])
    assert body["errors"] == []
    assert body["request_id"] == "id"


def test_whatever_the_gateway_answers_is_covered() -> None:
    assert {"DEFAULT_4XX", "DEFAULT_5XX"} <= API["GatewayResponses"].keys()


@pytest.mark.parametrize(
    ("response_type", "status", "code"),
    [
        ("UNAUTHORIZED", 401, "UNAUTHORIZED"),
        ("ACCESS_DENIED", 401, "UNAUTHORIZED"),
        ("MISSING_AUTHENTICATION_TOKEN", 404, "ROUTE_NOT_FOUND"),
        ("RESOURCE_NOT_FOUND", 404, "ROUTE_NOT_FOUND"),
        ("AUTHORIZER_FAILURE", 500, "INTERNAL_ERROR"),
        ("REQUEST_TOO_LARGE", 413, "REQUEST_TOO_LARGE"),
        ("THROTTLED", 429, "THROTTLED"),
    ],
)
def test_gateway_answers_with_the_status_that_partners_expect(
    response_type: str, status: int, code: str
) -> None:
    response = API["GatewayResponses"][response_type]

    assert response["StatusCode"] == status
    assert f'"code":"{code}"' in response["ResponseTemplates"]["application/json"]


# ---- Rights ----


@pytest.mark.parametrize("operation", FOLDERS)
def test_function_has_the_rights_that_it_needs_and_no_others(operation: str) -> None:
    rights: dict[tuple[str, tuple[str, ...]], set[str]] = {}
    for statement in _statements(operation):
        for resource in _listed(statement["Resource"]):
            place = (_arn(resource), _leading_keys(statement))
            assert place not in rights, "one statement for each"
            rights[place] = {a.removeprefix("dynamodb:") for a in _listed(statement["Action"])}

    assert rights == RIGHTS[operation]


def _leading_keys(statement: dict[str, Any]) -> tuple[str, ...]:
    if "Condition" not in statement:
        return ()
    ((condition, keys),) = statement["Condition"].items()
    assert condition == "ForAllValues:StringLike"
    assert keys.keys() == {"dynamodb:LeadingKeys"}
    return tuple(keys["dynamodb:LeadingKeys"])


def test_secrets_of_webhooks_are_in_reach_of_who_needs_them_alone() -> None:
    reaching = {
        operation
        for operation in FOLDERS
        for statement in _statements(operation)
        if CATALOG in {_arn(resource) for resource in _listed(statement["Resource"])}
        if any(fnmatchcase("demo#WEBHOOKS", p) for p in _leading_keys(statement) or ("*",))
    }

    assert reaching == {"administer_webhooks", "deliver_webhook", "publish_events"}


@pytest.mark.parametrize("operation", FOLDERS)
def test_function_has_no_wildcard_right(operation: str) -> None:
    for statement in _statements(operation):
        assert statement["Effect"] == "Allow"
        assert not statement.keys() & {"NotAction", "NotResource", "Principal"}
        for action in _listed(statement["Action"]):
            assert re.fullmatch(r"(dynamodb|events|s3|sqs):[A-Za-z]+", action)
        for resource in _listed(statement["Resource"]):
            assert isinstance(resource, dict), "an ARN of one of our resources"
            assert "*" not in _arn(resource) or _arn(resource) == SEALS


@pytest.mark.parametrize("operation", FOLDERS)
def test_function_gets_rights_from_its_policies_only(operation: str) -> None:
    assert not _properties(operation).keys() & {"Role", "PermissionsBoundary"}
    assert all(isinstance(p, dict) and "Statement" in p for p in _properties(operation)["Policies"])


def test_nothing_but_the_functions_policies_gives_rights() -> None:
    globally = template()["Globals"]["Function"].keys() & {"Policies", "Role"}
    types = {resource["Type"] for resource in RESOURCES.values()}

    assert not globally
    assert not {t for t in types if t.startswith("AWS::IAM::") or t.endswith("Policy")}


@pytest.mark.parametrize("operation", FOLDERS)
def test_nobody_can_change_or_delete_a_ledger_row(operation: str) -> None:
    on_ledger = {
        action
        for statement in _statements(operation)
        for action in _listed(statement["Action"])
        if "LedgerTable" in str(statement["Resource"])
    }

    assert not {a for a in on_ledger if re.search("Update|Delete|BatchWrite|PartiQL(?!Insert$)", a)}


# ---- The streams ----


def _stream_mapping(operation: str) -> dict[str, Any]:
    (mapping,) = (
        event["Properties"]
        for event in _properties(operation)["Events"].values()
        if event["Type"] == "DynamoDB"
    )
    properties: dict[str, Any] = mapping
    return properties


STREAMS = {
    "apply_rules": "LedgerTable",
    "publish_events": "BalanceTable",
    "watch_ledger": "LedgerTable",
}
# They say of each record whether it failed. The watch has nothing to do that could.
REPORTING = {"apply_rules", "publish_events"}


def test_each_stream_has_readers_that_are_known() -> None:
    """A shard of a stream has two at most: with a third, all of them are throttled."""
    readers = {
        operation
        for operation in FOLDERS
        for event in _properties(operation).get("Events", {}).values()
        if event["Type"] == "DynamoDB"
    }

    assert readers == STREAMS.keys()
    assert max(Counter(STREAMS.values()).values()) <= 2


@pytest.mark.parametrize(("operation", "table"), STREAMS.items())
def test_the_stream_is_read_from_its_beginning(operation: str, table: str) -> None:
    mapping = _stream_mapping(operation)

    assert mapping["Stream"] == {"Fn::GetAtt": f"{table}.StreamArn"}
    assert mapping["StartingPosition"] == "TRIM_HORIZON"
    assert RESOURCES[table]["Properties"]["StreamSpecification"] == {"StreamViewType": "NEW_IMAGE"}


@pytest.mark.parametrize(
    ("operation", "wanted"),
    [
        ("apply_rules", {"NewImage": {"kind": {"S": ["activity", "duplicate"]}}}),
        ("publish_events", {"Keys": {"item_key": {"S": [{"prefix": "POSTING#"}, "OUTCOME"]}}}),
    ],
)
def test_only_inserts_that_mean_something_reach_the_function(
    operation: str, wanted: dict[str, Any]
) -> None:
    filters = _stream_mapping(operation)["FilterCriteria"]["Filters"]

    (pattern,) = (json.loads(f["Pattern"]) for f in filters)

    assert pattern == {"eventName": ["INSERT"], "dynamodb": wanted}


def test_whatever_is_done_to_a_ledger_row_once_it_is_there_reaches_the_watch() -> None:
    mapping = _stream_mapping("watch_ledger")

    (pattern,) = (json.loads(f["Pattern"]) for f in mapping["FilterCriteria"]["Filters"])
    assert pattern == {"eventName": ["MODIFY", "REMOVE"]}
    # What Lambda can't take now must not be dropped in silence.
    assert mapping["MaximumRetryAttempts"] == -1


def test_the_alarm_is_on_the_watch_being_invoked_at_all() -> None:
    alarm = RESOURCES["LedgerRowChangedAlarm"]["Properties"]

    assert (alarm["Namespace"], alarm["MetricName"]) == ("AWS/Lambda", "Invocations")
    (dimension,) = alarm["Dimensions"]
    assert dimension == {"Name": "FunctionName", "Value": {"Ref": "WatchLedgerFunction"}}
    assert (alarm["Statistic"], alarm["Threshold"]) == ("Sum", 0)
    assert alarm["ComparisonOperator"] == "GreaterThanThreshold"
    assert alarm["EvaluationPeriods"] == 1
    assert alarm["TreatMissingData"] == "notBreaching"
    assert alarm["AlarmActions"] == [{"Ref": "AlarmTopic"}]
    assert "AlarmTopic" in resources_of("AWS::SNS::Topic")
    # It runs for nothing else.
    assert list(_properties("watch_ledger")["Events"]) == ["ChangedRow"]


def test_a_memberships_postings_are_published_one_batch_after_the_other() -> None:
    assert _stream_mapping("publish_events")["ParallelizationFactor"] == 1


@pytest.mark.parametrize("operation", STREAMS)
def test_a_record_that_fails_holds_up_no_other_for_long_and_is_kept(operation: str) -> None:
    mapping = _stream_mapping(operation)

    reporting = ["ReportBatchItemFailures"] if operation in REPORTING else None
    assert mapping.get("FunctionResponseTypes") == reporting
    assert mapping["BisectBatchOnFunctionError"] is True
    # The stream itself forgets after a day, and keeps no payload then.
    assert 3600 <= mapping["MaximumRecordAgeInSeconds"] < 86_400
    assert 1 <= mapping["ParallelizationFactor"] <= 10
    assert mapping["MaximumBatchingWindowInSeconds"] <= 5
    assert mapping["DestinationConfig"]["OnFailure"] == {
        "Type": "S3",
        "Destination": {"Fn::GetAtt": "FailuresBucket.Arn"},
    }


def test_what_cannot_be_applied_is_left_to_reconcile_soon() -> None:
    assert 0 < _stream_mapping("apply_rules")["MaximumRetryAttempts"] <= 100


def test_an_outage_uses_up_no_tries_of_publish_events() -> None:
    # What is given up here nobody publishes by himself. -1: as long as the record's age allows.
    # A record that nobody can read is noted and passed over; what else fails is an outage or a bug,
    # and goes on until the record is too old.
    assert _stream_mapping("publish_events")["MaximumRetryAttempts"] == -1


@pytest.mark.parametrize("name", ["FailuresBucket", "ExportBucket"])
def test_what_is_in_a_bucket_is_private_encrypted_and_forgotten_in_time(name: str) -> None:
    assert RESOURCES[name]["DeletionPolicy"] == RESOURCES[name]["UpdateReplacePolicy"] == "Retain"
    bucket = RESOURCES[name]["Properties"]

    assert set(bucket["PublicAccessBlockConfiguration"].values()) == {True}
    assert len(bucket["PublicAccessBlockConfiguration"]) == 4
    assert bucket["BucketEncryption"]["ServerSideEncryptionConfiguration"]
    assert any(
        rule["Status"] == "Enabled" and rule["ExpirationInDays"] > 0
        for rule in bucket["LifecycleConfiguration"]["Rules"]
    )


def test_reconcile_runs_each_minute_and_looks_back_every_six_hours() -> None:
    schedules = {
        event["Properties"]["Schedule"]: event["Properties"].get("Input")
        for event in _properties("reconcile")["Events"].values()
    }

    assert schedules.keys() == {"rate(1 minute)", "rate(6 hours)"}
    assert schedules["rate(1 minute)"] is None
    # The sweeps overlap: no row falls between two of them.
    assert json.loads(schedules["rate(6 hours)"])["lookback_seconds"] > 6 * 3600


def test_the_input_of_reconcile_is_on_the_shelf() -> None:
    (lookback,) = (
        json.loads(event["Properties"]["Input"])
        for event in _properties("reconcile")["Events"].values()
        if "Input" in event["Properties"]
    )

    assert json.loads((ROOT / "events/reconcile/lookback.json").read_text()) == lookback


def test_the_ledger_is_sealed_and_what_was_late_is_looked_for() -> None:
    schedules = {
        event["Properties"]["Schedule"]: event["Properties"].get("Input")
        for event in _properties("seal_ledger")["Events"].values()
    }

    assert schedules.keys() == {"rate(15 minutes)", "rate(6 hours)"}
    lookback = json.loads(schedules["rate(6 hours)"])
    assert lookback["lookback_seconds"] > 6 * 3600
    assert json.loads((ROOT / "events/seal_ledger/lookback.json").read_text()) == lookback


def test_a_sandboxs_clock_knows_each_moment_up_to_which_it_is_sealed() -> None:
    delay = template()["Parameters"]["SealDelaySeconds"]

    # A run may take 5 minutes.
    assert timedelta(seconds=delay["MaxValue"] + _properties("seal_ledger")["Timeout"]) <= KEPT_FOR


def test_a_seal_is_kept_by_a_lock_that_nobody_opens() -> None:
    bucket = RESOURCES["SealBucket"]
    properties = bucket["Properties"]

    assert bucket["DeletionPolicy"] == bucket["UpdateReplacePolicy"] == "Retain"
    assert properties["VersioningConfiguration"] == {"Status": "Enabled"}
    assert properties["ObjectLockEnabled"] is True
    assert properties["ObjectLockConfiguration"] == {
        "ObjectLockEnabled": "Enabled",
        "Rule": {"DefaultRetention": {"Mode": "COMPLIANCE", "Days": {"Ref": "SealRetentionDays"}}},
    }
    assert template()["Parameters"]["SealRetentionDays"]["Default"] >= 7 * 365
    assert set(properties["PublicAccessBlockConfiguration"].values()) == {True}
    assert len(properties["PublicAccessBlockConfiguration"]) == 4
    assert properties["BucketEncryption"]["ServerSideEncryptionConfiguration"]
    # What a lock keeps, no rule may expire.
    assert "LifecycleConfiguration" not in properties


def test_who_seals_can_change_no_table_and_who_changes_tables_no_seal() -> None:
    sealing = {
        o for o in FOLDERS if any(place in RIGHTS[o] for place in [(SEALS, ()), (SEAL_BUCKET, ())])
    }
    granted = set().union(*RIGHTS["seal_ledger"].values())

    assert sealing == {"seal_ledger"}
    assert granted == {"BatchGetItem", "GetItem", "Query"} | {
        *("s3:GetObjectVersion", "s3:PutObject", "s3:ListBucketVersions")
    }


def test_what_is_due_is_looked_for_each_minute() -> None:
    (event,) = _properties("apply_due")["Events"].values()

    assert (event["Type"], event["Properties"]["Schedule"]) == ("Schedule", "rate(1 minute)")
    # It may be as late as it likes; twice at once is no gain.
    assert _properties("apply_due")["EventInvokeConfig"] == {"MaximumRetryAttempts": 0}


def test_the_index_of_what_is_due_names_the_membership_and_no_points() -> None:
    index = _index("BalanceTable", "by_due")

    assert [key["AttributeName"] for key in index["KeySchema"]] == ["due_shard", "due_at"]
    assert index["Projection"] == {
        "ProjectionType": "INCLUDE",
        "NonKeyAttributes": ["network_id", "program_id", "program_membership_id"],
    }


def test_the_index_of_outcomes_says_of_which_activity_and_no_more() -> None:
    index = _index("BalanceTable", "by_outcome")

    assert [key["AttributeName"] for key in index["KeySchema"]] == ["outcome_shard", "outcome_at"]
    assert index["Projection"] == {
        "ProjectionType": "INCLUDE",
        "NonKeyAttributes": ["activity_id", "outcome"],
    }


@pytest.mark.parametrize(
    ("name", "partition"), [("by_recorded_at", "time_shard"), ("by_reference", "reference_key")]
)
def test_the_indexes_of_the_ledger_have_whole_rows(name: str, partition: str) -> None:
    index = _index("LedgerTable", name)

    assert [key["AttributeName"] for key in index["KeySchema"]] == [partition, "recorded_at"]
    assert index["Projection"] == {"ProjectionType": "ALL"}


def _index(table: str, name: str) -> dict[str, Any]:
    indexes = RESOURCES[table]["Properties"]["GlobalSecondaryIndexes"]
    index: dict[str, Any]
    (index,) = (each for each in indexes if each["IndexName"] == name)
    return index


def test_a_row_that_somebody_asked_for_is_written_before_a_list_reaches_it() -> None:
    timeout = template()["Globals"]["Function"]["Timeout"]
    # For whom nobody waits, and which write rows about what fell due alone, or about repairs and
    # replays, each dated as it is written.
    by_themselves = {"apply_rules", "apply_due", "reconcile", "administer_clock", "run_job"}
    recording = {o for o in FOLDERS if "PutItem" in RIGHTS[o].get((LEDGER, ()), set())}

    # The SDK gives a call up after its timeouts of connecting and reading.
    assert timedelta(seconds=timeout + 1 + 2) < LIST_DELAY
    assert recording >= by_themselves
    assert not {o for o in recording - by_themselves if "Timeout" in _properties(o)}


# ---- Webhooks ----


def test_deliveries_are_made_one_at_a_time_and_come_again_if_one_dies() -> None:
    (event,) = _properties("deliver_webhook")["Events"].values()
    mapping = event["Properties"]
    queue = RESOURCES["DeliveryQueue"]["Properties"]

    assert event["Type"] == "SQS"
    assert mapping["Queue"] == {"Fn::GetAtt": "DeliveryQueue.Arn"}
    assert mapping["BatchSize"] == 1
    assert mapping["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
    assert mapping["ScalingConfig"] == {"MaximumConcurrency": {"Fn::If": ["IsOwnMachine", 2, 50]}}
    # As Lambda asks for: a message must not be there twice because the first is still under way.
    timeout = _properties("deliver_webhook")["Timeout"]
    assert queue["VisibilityTimeout"] >= 6 * timeout
    # An attempt counts as under way for as long as it may be, and not when its order comes again.
    assert timeout < UNDER_WAY_FOR.total_seconds() < queue["VisibilityTimeout"]


def test_lambda_takes_the_chain_of_attempts_for_no_endless_loop() -> None:
    # Orders go into the queue that they came from: a receiver that is down takes a hundred of them,
    # a large job more. By default Lambda drops a message after sixteen.
    sending = {o for o in FOLDERS if {(QUEUE, ()), (JOB_QUEUE, ())} & RIGHTS[o].keys()}
    reading = {
        o
        for o in FOLDERS
        for event in _properties(o).get("Events", {}).values()
        if event["Type"] == "SQS"
    }
    assert sending & reading == {"deliver_webhook", "run_job"}
    for operation in sending & reading:
        assert _properties(operation)["RecursiveLoop"] == "Allow"


def test_steps_are_done_one_at_a_time_and_come_again_if_one_dies() -> None:
    (event,) = _properties("run_job")["Events"].values()
    mapping = event["Properties"]
    queue = RESOURCES["JobQueue"]["Properties"]
    on_own_machine, on_aws = queue["VisibilityTimeout"]["Fn::If"][1:]

    assert event["Type"] == "SQS"
    assert mapping["Queue"] == {"Fn::GetAtt": "JobQueue.Arn"}
    assert mapping["BatchSize"] == 1
    assert mapping["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
    timeout = _properties("run_job")["Timeout"]
    # Below it, AWS refuses the mapping.
    assert on_aws > on_own_machine >= timeout
    # The job fails in words before its order goes where nobody looks.
    assert queue["RedrivePolicy"]["maxReceiveCount"] > MOST_TRIES


@pytest.mark.parametrize(
    "name", ["DeliveryQueue", "DeliveryDeadLetterQueue", "JobQueue", "JobDeadLetterQueue"]
)
def test_queue_is_encrypted_and_keeps_messages_as_long_as_it_can(name: str) -> None:
    queue = RESOURCES[name]["Properties"]

    assert queue["SqsManagedSseEnabled"] is True
    assert queue["MessageRetentionPeriod"] == 14 * 86_400


def test_an_outage_of_ours_is_outlasted_before_an_order_is_given_up() -> None:
    queue = RESOURCES["DeliveryQueue"]["Properties"]
    redrive = queue["RedrivePolicy"]

    assert redrive["deadLetterTargetArn"] == {"Fn::GetAtt": "DeliveryDeadLetterQueue.Arn"}
    assert 15 * 3600 < redrive["maxReceiveCount"] * queue["VisibilityTimeout"] < 14 * 86_400


def test_webhooks_are_public_and_retried_for_a_day_unless_told_otherwise() -> None:
    parameters = template()["Parameters"]
    delays = tuple(map(int, parameters["WebhookRetryDelaysSeconds"]["Default"].split(",")))

    assert parameters["AllowPrivateWebhooks"]["Default"] == "false"
    assert delays == DEFAULT_DELAYS_SECONDS
    # What is deployed, the functions start with.
    assert parameters["WebhookRetryDelaysSeconds"]["AllowedPattern"] == DELAYS_PATTERN
    assert 20 * 3600 < sum(delays) < 26 * 3600
    for operation in ("administer_webhooks", "deliver_webhook"):
        variables = _properties(operation)["Environment"]["Variables"]
        assert variables["ALLOW_PRIVATE_WEBHOOKS"] == {"Ref": "AllowPrivateWebhooks"}


# ---- Tables ----


@pytest.mark.parametrize("table", ["LedgerTable", "BalanceTable"])
def test_table_that_matters_outlives_the_stack(table: str) -> None:
    resource = RESOURCES[table]

    assert resource["DeletionPolicy"] == "Retain"
    assert resource["UpdateReplacePolicy"] == "Retain"
    assert resource["Properties"]["DeletionProtectionEnabled"] == {"Ref": "DeletionProtection"}
    assert template()["Parameters"]["DeletionProtection"]["Default"] == "true"


@pytest.mark.parametrize("table", sorted(resources_of("AWS::DynamoDB::Table")))
def test_table_can_be_restored_is_encrypted_and_takes_bursts(table: str) -> None:
    properties = RESOURCES[table]["Properties"]

    assert properties["PointInTimeRecoverySpecification"] == {"PointInTimeRecoveryEnabled": True}
    assert properties["SSESpecification"] == {"SSEEnabled": True}
    assert properties["BillingMode"] == "PAY_PER_REQUEST"
    # Nothing that is recorded expires; what is published derives from it, and may be forgotten, as
    # may be what a job found.
    assert ("TimeToLiveSpecification" in properties) == (table in {"EventTable", "JobTable"})


@pytest.mark.parametrize(
    ("table", "keys"),
    [
        ("LedgerTable", ["activity_key"]),
        ("BalanceTable", ["membership_key", "item_key"]),
        ("CatalogTable", ["catalog_key", "item_key"]),
        ("EventTable", ["event_key", "item_key"]),
        ("JobTable", ["job_key", "item_key"]),
    ],
)
def test_keys_which_no_release_can_change(table: str, keys: list[str]) -> None:
    assert [k["AttributeName"] for k in RESOURCES[table]["Properties"]["KeySchema"]] == keys


# ---- The layer of third-party packages ----

LOCK = (ROOT / "layers/dependencies/requirements.txt").read_text()
REQUIREMENT = re.compile(r"(?P<name>[a-z0-9-]+)==[0-9][A-Za-z0-9.]*(?: ; [^\\]+)? \\")


def test_layer_pins_every_package_with_its_hashes() -> None:
    lines = [line for line in LOCK.splitlines() if line and not line.lstrip().startswith("#")]
    requirements = [line for line in lines if not line.startswith(" ")]
    following = [lines[lines.index(requirement) + 1] for requirement in requirements]

    assert requirements
    assert [r for r in requirements if not REQUIREMENT.fullmatch(r)] == []
    assert [f for f in following if not re.match(r" {4}--hash=sha256:[0-9a-f]{64}", f)] == []


def test_layer_leaves_out_what_the_runtime_ships() -> None:
    packages = set(re.findall(r"^([a-z0-9-]+)==", LOCK, re.MULTILINE))

    assert {"aws-lambda-powertools", "cachetools", "pydantic"} <= packages
    assert not packages & {"boto3", "botocore", "s3transfer"}


PUBLISHED = {name: f for name, f in FUNCTIONS.items() if "AutoPublishAlias" in f["Properties"]}
OWN_SETTINGS = ("Architectures", "Environment")


def _parameters_in(value: object) -> set[str]:
    """The template's parameters that a value refers to."""
    if isinstance(value, list):
        return set[str]().union(*map(_parameters_in, value))
    if not isinstance(value, dict):
        return set()
    if value.keys() == {"Ref"}:
        parameters: dict[str, Any] = template()["Parameters"]
        return {value["Ref"]} & parameters.keys()
    return _parameters_in(list(value.values()))


def test_what_partners_wait_for_can_start_from_a_snapshot() -> None:
    assert {f["Properties"]["CodeUri"].rpartition("/")[2] for f in PUBLISHED.values()} == {
        "authorize_api_key",
        "authorize_bearer",
        "record_membership_activity",
        "record_network_activity",
        "record_activity_batch",
    }
    assert template()["Parameters"]["SnapStart"]["Default"] == "false"


@pytest.mark.parametrize("name", PUBLISHED)
def test_a_version_is_published_anew_for_each_setting_that_it_was_published_with(name: str) -> None:
    properties = PUBLISHED[name]["Properties"]
    said = set(re.findall(r"\$\{(\w+)\}", properties["VersionDescription"]["Fn::Sub"]))
    settings = [
        {key: given.get(key) for key in OWN_SETTINGS}
        for given in (properties, template()["Globals"]["Function"])
    ]

    assert said == _parameters_in(settings) | {"SnapStart"}
    assert properties["AutoPublishAliasAllProperties"] is True


def test_layers_are_published_with_the_versions_that_import_them() -> None:
    layers = resources_of("AWS::Serverless::LayerVersion").values()

    assert [layer["Properties"]["PublishLambdaVersion"] for layer in layers] == [True, True]


def test_the_longest_description_of_a_version_is_one_that_lambda_takes() -> None:
    longest = f"x86_64 WARNING 300 false {','.join(['a' * 64] * 3)}"
    pattern = template()["Parameters"]["OperatorKeySha256"]["AllowedPattern"]

    assert len(longest) <= 256
    assert re.fullmatch(pattern, ",".join(["a" * 64] * 3))
    assert not re.fullmatch(pattern, ",".join(["a" * 64] * 4))
