"""What the gateway sends to an authorizer."""

from typing import Any

ARN = "arn:aws:execute-api:us-east-1:123456789012:api1234567/live"
METHOD_ARN = f"{ARN}/POST/v2/program-memberships/12345/activities"


def authorizer_event(headers: dict[str, str] | None, **more: Any) -> dict[str, Any]:
    """A REQUEST authorizer's event with these headers."""
    return {
        "type": "REQUEST",
        "methodArn": METHOD_ARN,
        "resource": "/v2/program-memberships/{program_membership_id}/activities",
        "path": "/v2/program-memberships/12345/activities",
        "httpMethod": "POST",
        "headers": headers,
        "queryStringParameters": None,
        "pathParameters": {"program_membership_id": "12345"},
        "requestContext": {"requestId": "gateway-request", "stage": "live"},
        **more,
    }


def allow(network_id: str, role: str, key_id: str | None = None) -> dict[str, Any]:
    """The policy for a key of the network; by default the key's id is the role's name."""
    key_id = key_id or role
    return {
        "principalId": f"{network_id}.{key_id}",
        "policyDocument": _policy("Allow"),
        "context": {"network_id": network_id, "role": role, "key_id": key_id},
    }


def deny() -> dict[str, Any]:
    """The policy for nobody."""
    return {"principalId": "nobody", "policyDocument": _policy("Deny"), "context": {}}


def _policy(effect: str) -> dict[str, Any]:
    statement = {
        "Action": "execute-api:Invoke",
        "Effect": effect,
        # The stage and not the method: the gateway caches the answer for every route.
        "Resource": f"{ARN}/*",
    }
    return {"Version": "2012-10-17", "Statement": [statement]}
