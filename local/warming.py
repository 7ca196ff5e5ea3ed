"""The first call of a function takes seconds, so each is called before the stack is shown."""

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from local.api_calls import call_api
from local.deployed import FunctionError
from local.errors import StepError
from local.function_errors import error_lines
from local.live_stack import LiveStack

# One for each core of a small machine: more of them only get in each other's way.
AT_ONCE = 2


def warm(stack: LiveStack) -> None:
    """Call every function without leaving a trace. Raises StepError if one does not work."""
    membership = f"/v2/program-memberships/{stack.program_membership_id}"
    network = f"/networks/{stack.network_id}"
    hang = {"X-API-Key": stack.partner_api_key}
    village = {"Authorization": f"Bearer {stack.partner_api_key}"}
    admin = {"Authorization": f"Bearer {stack.admin_api_key}"}
    # An empty body is refused before anything is recorded.
    calls: list[Callable[[], None]] = [
        lambda: _expect(stack, "POST", f"{membership}/activities", hang, range(400, 500)),
        lambda: _expect(stack, "POST", f"{membership}/redemptions", hang, range(400, 500)),
        lambda: _expect(stack, "POST", f"{membership}/holds", hang, range(400, 500)),
        lambda: _expect(stack, "POST", f"{membership}/holds/none/capture", hang, range(400, 500)),
        lambda: _expect(stack, "POST", f"{membership}/holds/none/release", hang, range(400, 500)),
        lambda: _expect(stack, "POST", f"{membership}/adjustments", hang, range(403, 404)),
        lambda: _expect(stack, "POST", f"{network}/activity", village, range(400, 500)),
        lambda: _expect(stack, "POST", f"{network}/activities/batch", village, range(200, 201)),
        lambda: _expect(stack, "GET", membership, hang, range(200, 201)),
        lambda: _expect(stack, "GET", f"{membership}/activities", hang, range(200, 201)),
        # Without saying of when.
        lambda: _expect(stack, "GET", f"{membership}/balance", hang, range(400, 401)),
        lambda: _expect(stack, "GET", f"{membership}/statement", hang, range(400, 401)),
        lambda: _expect(stack, "GET", f"{network}/activities", village, range(200, 201)),
        lambda: _expect(stack, "GET", f"{network}/activities/none", village, range(404, 405)),
        lambda: _expect(
            stack, "POST", f"{network}/activities/none/reversal", village, range(400, 401)
        ),
        lambda: _invoke(stack, "apply_rules", {"Records": []}),
        lambda: _invoke(stack, "watch_ledger", {"Records": []}),
        lambda: _invoke(stack, "reconcile", {}),
        lambda: _invoke(stack, "seal_ledger", {}),
        lambda: _invoke(stack, "apply_due", {}),
        lambda: _invoke(stack, "publish_events", {"Records": []}),
        lambda: _invoke(stack, "deliver_webhook", {"Records": []}),
        lambda: _invoke(stack, "run_job", {"Records": []}),
        lambda: _expect(stack, "GET", f"{network}/webhooks", admin, range(200, 201)),
        lambda: _expect(stack, "GET", f"{network}/events", village, range(403, 404)),
        lambda: _expect(stack, "GET", f"{network}/programs", admin, range(200, 201)),
        lambda: _expect(stack, "GET", f"{network}/activity-types", admin, range(200, 201)),
        lambda: _expect(stack, "GET", f"{network}/document", admin, range(200, 201)),
        lambda: _expect(stack, "GET", f"{network}/api-keys", admin, range(200, 201)),
        lambda: _expect(stack, "GET", f"{network}/jobs", admin, range(200, 201)),
        # The demo is no sandbox.
        lambda: _expect(stack, "GET", f"{network}/clock", admin, range(409, 410)),
        lambda: _expect(stack, "GET", network, admin, range(200, 201)),
    ]
    with ThreadPoolExecutor(AT_ONCE) as pool:
        for call in [pool.submit(call) for call in calls]:
            call.result()


def _expect(
    stack: LiveStack, method: str, path: str, headers: dict[str, str], statuses: range
) -> None:
    body: object = {} if method == "POST" else None
    try:
        answer = call_api(stack.api_url, method, path, headers, body)
    except OSError as error:
        raise StepError(f"{method} {path} got no answer", str(error)) from error
    if answer.status not in statuses:
        complaints = error_lines(stack.endpoint_url)
        raise StepError(f"{method} {path} answered {answer.status}", f"{answer.text}\n{complaints}")


def _invoke(stack: LiveStack, operation: str, payload: object) -> None:
    try:
        stack.invoke(operation, payload)
    except FunctionError as error:
        raise StepError(f"{operation} failed", json.dumps(error.answer, indent=1)) from error
