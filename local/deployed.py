"""What the deployed stack says about itself."""

import json
from collections.abc import Mapping
from typing import Any

from local.clients import client

STACK_NAME = "accrue"


def outputs(endpoint_url: str) -> dict[str, str]:
    """The template's outputs: physical names by logical id, and the parts of the base URL."""
    stacks = client("cloudformation", endpoint_url).describe_stacks(StackName=STACK_NAME)["Stacks"]
    return {item["OutputKey"]: item["OutputValue"] for item in stacks[0]["Outputs"]}


def api_url(endpoint_url: str, names: Mapping[str, str]) -> str:
    """The base URL on this machine; the one in the outputs exists on AWS only."""
    return f"{endpoint_url}/_aws/execute-api/{names['ApiId']}/{names['StageName']}"


def function_name(operation: str, names: Mapping[str, str]) -> str:
    """The physical name of an operation's function, such as `get_membership`."""
    return names["".join(word.capitalize() for word in operation.split("_")) + "Function"]


def put_gateway_responses(endpoint_url: str, names: Mapping[str, str]) -> None:
    """Give the gateway the template's own answers, which the emulator leaves out."""
    responses = _api_body(endpoint_url)["x-amazon-apigateway-gateway-responses"]
    gateway = client("apigateway", endpoint_url)
    for response_type, response in responses.items():
        status = {"statusCode": str(response["statusCode"])} if "statusCode" in response else {}
        gateway.put_gateway_response(
            restApiId=names["ApiId"],
            responseType=response_type,
            responseParameters=response.get("responseParameters", {}),
            responseTemplates=response.get("responseTemplates", {}),
            **status,
        )
    gateway.create_deployment(restApiId=names["ApiId"], stageName=names["StageName"])


def allow_batches(endpoint_url: str, names: Mapping[str, str]) -> None:
    """Let functions that may insert by PartiQL do so 25 rows at a time.

    AWS asks for the rights that the statements need. The emulator asks for one named after the
    call, which AWS does not know.
    """
    function = function_name("record_activity_batch", names)
    role = client("lambda", endpoint_url).get_function_configuration(FunctionName=function)["Role"]
    allowed = {"Effect": "Allow", "Action": "dynamodb:BatchExecuteStatement", "Resource": "*"}
    client("iam", endpoint_url).put_role_policy(
        RoleName=role.rpartition("/")[2],
        PolicyName="emulator-batches",
        PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [allowed]}),
    )


def _api_body(endpoint_url: str) -> dict[str, Any]:
    """The API as SAM expanded it."""
    template = client("cloudformation", endpoint_url).get_template(
        StackName=STACK_NAME, TemplateStage="Processed"
    )["TemplateBody"]
    resources = (json.loads(template) if isinstance(template, str) else template)["Resources"]
    apis = [item for item in resources.values() if item["Type"] == "AWS::ApiGateway::RestApi"]
    body: dict[str, Any] = apis[0]["Properties"]["Body"]
    return body


def invoke(operation: str, payload: object, endpoint_url: str, names: Mapping[str, str]) -> Any:  # noqa: ANN401 - JSON
    """Call an operation's function with a JSON payload and return its JSON answer.

    Raises FunctionError if the function raised.
    """
    answer = client("lambda", endpoint_url).invoke(
        FunctionName=function_name(operation, names), Payload=json.dumps(payload).encode()
    )
    body = json.loads(answer["Payload"].read() or b"null")
    if "FunctionError" in answer:
        raise FunctionError(operation, body)
    return body


class FunctionError(Exception):
    """A function raised; `answer` is Lambda's description of it."""

    def __init__(self, operation: str, answer: object) -> None:
        super().__init__(f"{operation}: {json.dumps(answer, indent=1)}")
        self.operation = operation
        self.answer = answer
