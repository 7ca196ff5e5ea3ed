"""What the two authorizer functions share: each reads one header, and answers with an IAM policy.

The gateway caches the answer by that header's value and replays it for every route of the stage. So
the policy allows the stage, names the network in its context, and the handlers decide who may touch
what. A key in another header must never vouch for this one.
"""

from typing import Any

from aws_lambda_powertools import Logger

from accrue.domain.caller import Caller

logger = Logger()


def key_in_header(event: dict[str, Any], name: str, scheme: str = "") -> str:
    """The key that the header holds after the scheme's name; empty if it holds none."""
    for sent, value in (event.get("headers") or {}).items():
        # Names of headers and of schemes are case-insensitive (RFC 9110, 5.1 and 11.1).
        if sent.casefold() == name.casefold() and value.casefold().startswith(scheme.casefold()):
            return str(value[len(scheme) :]).strip()
    return ""


def policy_for(caller: Caller | None, event: dict[str, Any]) -> dict[str, Any]:
    """Allow with the caller's network, role and key id; Deny for nobody.

    A Deny and not an exception: a wrong key is not an error of ours, and the gateway answers 401
    for it.
    """
    logger.info(
        "authorize",
        extra={
            "request_id": event.get("requestContext", {}).get("requestId"),
            "is_allowed": caller is not None,
            "network_id": caller.network_id if caller else None,
            "key_id": caller.key_id if caller else None,
        },
    )
    return {
        "principalId": f"{caller.network_id}.{caller.key_id}" if caller else "nobody",
        "policyDocument": {
            "Version": "2012-10-17",
            "Statement": [
                {
                    "Action": "execute-api:Invoke",
                    "Effect": "Allow" if caller else "Deny",
                    "Resource": _whole_stage(event["methodArn"]),
                }
            ],
        },
        "context": {
            "network_id": caller.network_id,
            "role": caller.role.value,
            "key_id": caller.key_id,
        }
        if caller
        else {},
    }


def _whole_stage(method_arn: str) -> str:
    """`arn:...:api/stage/*` of `arn:...:api/stage/METHOD/path`."""
    return "/".join(method_arn.split("/")[:2]) + "/*"
