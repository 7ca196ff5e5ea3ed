"""Rights as they are deployed: what SAM makes of the template, and adds to it.

What the template itself says is held against a list in tests/unit/test_template.py.
"""

import json
import os
import re
import subprocess
from collections.abc import Iterator
from functools import cache
from typing import Any

import pytest

from local.paths import EMULATOR_PYTHON
from tests.template import ROOT

LEDGER = re.compile(r"LedgerTable")
CHANGING = re.compile(r"dynamodb:(Update|Delete|BatchWrite|PartiQL(Update|Delete))")
# What SAM gives each function, or each that reads a stream or queue, without being asked. They are
# AWS's own, allow reading of all streams or queues and writing of all logs in the account, and can
# only be avoided by writing out every role.
MANAGED = {
    "AWSLambdaBasicExecutionRole": "writes to its log group",
    "AWSLambdaDynamoDBExecutionRole": "reads a table's stream",
    "AWSLambdaSQSQueueExecutionRole": "reads a queue",
}
# The ledger's own stream is read, the balances', and the two queues: nobody else gets these.
READERS = {
    "AWSLambdaDynamoDBExecutionRole": {"ApplyRules", "PublishEvents", "WatchLedger"},
    "AWSLambdaSQSQueueExecutionRole": {"DeliverWebhook", "RunJob"},
}


@cache
def expanded() -> dict[str, dict[str, Any]]:
    """The resources as CloudFormation gets them."""
    script = ROOT / "local" / "emulated" / "translate.py"
    command = [str(EMULATOR_PYTHON), "-I", str(script), str(ROOT / "template.yaml")]
    environment = {**os.environ, "AWS_DEFAULT_REGION": "us-east-1"}
    printed = subprocess.run(command, check=True, capture_output=True, env=environment).stdout  # noqa: S603 - its own
    resources: dict[str, dict[str, Any]] = json.loads(printed)["Resources"]
    return resources


def of_type(resource_type: str) -> dict[str, dict[str, Any]]:
    return {
        logical_id: resource.get("Properties", {})
        for logical_id, resource in expanded().items()
        if resource["Type"] == resource_type
    }


def statements() -> Iterator[tuple[str, dict[str, Any]]]:
    """All statements of all roles, with the role's name."""
    for role, properties in of_type("AWS::IAM::Role").items():
        for policy in properties.get("Policies", []):
            for statement in _listed(policy["PolicyDocument"]["Statement"]):
                yield role, statement


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def test_no_statement_has_a_wildcard_action_or_resource() -> None:
    found = list(statements())

    assert len(found) > 100
    for role, statement in found:
        assert statement["Effect"] == "Allow"
        assert not statement.keys() & {"NotAction", "NotResource"}, role
        for action in _listed(statement["Action"]):
            assert "*" not in action, (role, action)
        for resource in _listed(statement["Resource"]):
            assert _is_one_of_ours(resource), (role, resource)


def _is_one_of_ours(resource: Any) -> bool:
    """An ARN that CloudFormation makes of a resource of the stack: of one table, index or queue."""
    match resource:
        case {"Fn::GetAtt": [str(), "Arn"]}:
            return True
        case {"Fn::Sub": "${SealBucket.Arn}/seals/*"}:
            # Seals alone: their names have the network and a number.
            return True
        case {"Fn::Sub": str(text)}:
            return re.fullmatch(r"\$\{\w+\.Arn\}/index/[a-z_]+", text) is not None
        case {"Fn::Join": ["/", [{"Fn::GetAtt": ["FailuresBucket", "Arn"]}, "*"]]}:
            # Any object of the bucket for what was given up: Lambda makes up their names.
            return True
        case _:
            return False


def test_nobody_may_change_or_delete_what_is_in_the_ledger() -> None:
    on_ledger = [
        (role, action)
        for role, statement in statements()
        for resource in _listed(statement["Resource"])
        if LEDGER.search(json.dumps(resource))
        for action in _listed(statement["Action"])
    ]

    assert len(on_ledger) > 20
    assert [found for found in on_ledger if CHANGING.match(found[1])] == []


def test_managed_policies_are_those_that_sam_cannot_do_without() -> None:
    readers: dict[str, set[str]] = {name: set() for name in MANAGED}
    for role, properties in of_type("AWS::IAM::Role").items():
        for arn in properties.get("ManagedPolicyArns", []):
            readers[arn.rpartition("/")[2]].add(role.removesuffix("FunctionRole"))

    # A KeyError above is another policy.
    assert {name: readers[name] for name in READERS} == READERS


def test_each_function_has_a_role_of_its_own_that_lambda_alone_assumes() -> None:
    roles = of_type("AWS::IAM::Role")
    used = [f["Role"]["Fn::GetAtt"][0] for f in of_type("AWS::Lambda::Function").values()]

    assert sorted(used) == sorted(roles)
    for properties in roles.values():
        (statement,) = properties["AssumeRolePolicyDocument"]["Statement"]
        assert statement["Principal"] == {"Service": ["lambda.amazonaws.com"]}
        assert statement["Action"] == ["sts:AssumeRole"]
    assert not {r["Type"] for r in expanded().values()} & {"AWS::IAM::Policy", "AWS::IAM::User"}


INVOKERS = {"apigateway.amazonaws.com", "events.amazonaws.com"}


def test_a_function_is_invoked_by_its_own_route_or_schedule_and_nothing_else() -> None:
    permissions = of_type("AWS::Lambda::Permission")

    assert len(permissions) > 50
    for name, permission in permissions.items():
        assert permission["Action"] == "lambda:InvokeFunction"
        assert permission["Principal"] in INVOKERS, name
        # Without it, anybody's API or rule could invoke it.
        source = json.dumps(permission["SourceArn"])
        assert '{"Ref": "PartnerApi"}' in source or re.search(r'"\w+Every\w+", "Arn"', source), name


def test_no_queue_bucket_or_topic_is_open_to_everybody() -> None:
    policies = [r for r in expanded().values() if r["Type"].endswith("Policy")]

    opened = [
        statement
        for policy in policies
        for statement in _listed(policy["Properties"]["PolicyDocument"]["Statement"])
        if is_open(statement)
    ]

    assert opened == []


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({}, True),
        ({"Principal": {"AWS": "*"}}, True),
        ({"Condition": {"ArnEquals": {"aws:SourceArn": "arn"}}}, False),
        ({"Effect": "Deny"}, False),
        ({"Principal": {"Service": "events.amazonaws.com"}}, False),
    ],
)
def test_what_is_open_is_told(changes: dict[str, Any], *, told: bool) -> None:
    statement = {"Effect": "Allow", "Principal": "*", "Action": "sqs:SendMessage", **changes}

    assert is_open(statement) is told


def is_open(statement: dict[str, Any]) -> bool:
    """Whether it allows everybody something without a condition."""
    everybody = statement.get("Principal") in ("*", {"AWS": "*"}, {"AWS": ["*"]})
    return statement["Effect"] == "Allow" and everybody and "Condition" not in statement
