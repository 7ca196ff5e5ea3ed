"""What a network has, told to whoever makes requests up: else nearly all would be about nothing.

Each known value is one more way to fill a field in, beside whatever its schema allows. So what is
valid stays so, and what is not as well.
"""

from collections.abc import Mapping, Sequence
from copy import deepcopy
from typing import Any

from tests.described import JSON, faults
from tests.hostile.likely import as_schema
from tests.integration.networks import demo_network

type Json = dict[str, Any]
type Known = Mapping[str, Sequence[Any]]

_DEMO = demo_network()
_USED_BEFORE = ["2026-02-01T12:00:00Z", "2026-02-01T00:00:00+01:00"]
# Whom others need stays as he is.
EXPENDABLE_USER = "user-5"
_EXPENDABLE = {"user_id": [EXPENDABLE_USER, "new-user-1"]}
_ONLY_THERE = {"forget_user": _EXPENDABLE, "suspend_user": _EXPENDABLE}


def known_to(network_id: str) -> Known:
    """Values of parameters that are there, or that can be made, in a network like the demo's."""
    return {
        "network_id": [network_id],
        "program_membership_id": [m["program_membership_id"] for m in _DEMO["memberships"]],
        "program_id": ["coffee-club"],
        "user_id": [user["user_id"] for user in _DEMO["users"]] + ["new-user-1", "new-user-2"],
        "activity_type_id": ["activity_type_1", "correction", "task", "new type"],
        "webhook_id": ["hook-1", "hook-2"],
        "version": ["1", "2"],
        "as_of": _USED_BEFORE,
        "from": _USED_BEFORE,
        "If-Match": ["*"],
    }


def is_of_sandbox(operation_id: str) -> bool:
    """Whether it moves or tells a clock, which only sandboxes have."""
    return operation_id.endswith("_clock")


def with_known(
    description: Json,
    known: Known,
    likely: Mapping[str, Sequence[Any]],
    sandbox_id: str,
    *,
    only_known_paths: bool,
) -> Json:
    """The description, in which requests may have the known values and likely bodies. Where so
    wanted, paths have no others, unless they are of what can be made: what is not as that
    description has it may still be as the API's has it. Clocks are moved in the sandbox alone.
    """
    told = deepcopy(description)
    for path, methods in told["paths"].items():
        for method, operation in methods.items():
            operation_id = operation["operationId"]
            known_here = {**known, **_ONLY_THERE.get(operation_id, {})}
            if is_of_sandbox(operation_id):
                known_here["network_id"] = [sandbox_id]
            for parameter in operation.get("parameters", ()):
                is_made = method == "put" and path.endswith(f"{{{parameter['name']}}}")
                _tell(parameter, known_here, is_narrow=only_known_paths and not is_made)
            if operation_id in likely:
                media = operation["requestBody"]["content"][JSON]
                bodies = [as_schema(body) for body in likely[operation_id]]
                media["schema"] = {"anyOf": [*bodies, media["schema"]]}
    return told


def _tell(parameter: Json, known: Known, *, is_narrow: bool) -> None:
    name, schema = parameter["name"], parameter["schema"]
    # What does not fit is of another parameter of this name.
    values = [value for value in known.get(name, ()) if not faults(value, schema)]
    if values and parameter["in"] == "path" and is_narrow:
        parameter["schema"] = {"type": "string", "enum": values}
    elif values:
        parameter["schema"] = {"anyOf": [{"type": "string", "enum": values}, schema]}
