"""The first call of a function takes seconds, so each is called before the stack is shown."""

import http.client
import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlsplit

from local.deployed import FunctionError
from local.errors import StepError
from local.function_errors import error_lines
from local.live_stack import LiveStack

# One for each core of a small machine: more of them only get in each other's way.
AT_ONCE = 2
TIMEOUT_SECONDS = 60.0


def warm(stack: LiveStack) -> None:
    """Call every function without leaving a trace. Raises StepError if one does not work."""
    membership = f"/v2/program-memberships/{stack.program_membership_id}"
    network = f"/networks/{stack.network_id}"
    hang = {"X-API-Key": stack.partner_api_key}
    village = {"Authorization": f"Bearer {stack.partner_api_key}"}
    # An empty activity is refused before anything is recorded.
    calls: list[Callable[[], None]] = [
        lambda: _expect(stack, "POST", f"{membership}/activities", hang, range(400, 500)),
        lambda: _expect(stack, "POST", f"{network}/activity", village, range(400, 500)),
        lambda: _expect(stack, "GET", membership, hang, range(200, 201)),
        lambda: _expect(stack, "GET", f"{network}/activities/none", village, range(404, 405)),
        lambda: _invoke(stack, "apply_rules", {"Records": []}),
        lambda: _invoke(stack, "reconcile", {}),
    ]
    with ThreadPoolExecutor(AT_ONCE) as pool:
        for call in [pool.submit(call) for call in calls]:
            call.result()


def _expect(
    stack: LiveStack, method: str, path: str, headers: dict[str, str], statuses: range
) -> None:
    url = urlsplit(stack.api_url)
    connection = http.client.HTTPConnection(url.netloc, timeout=TIMEOUT_SECONDS)
    try:
        connection.request(method, url.path + path, "{}" if method == "POST" else None, headers)
        answer = connection.getresponse()
        body = answer.read().decode(errors="replace")
    except OSError as error:
        raise StepError(f"{method} {path} got no answer", str(error)) from error
    finally:
        connection.close()
    if answer.status not in statuses:
        complaints = error_lines(stack.endpoint_url)
        raise StepError(f"{method} {path} answered {answer.status}", f"{body}\n{complaints}")


def _invoke(stack: LiveStack, operation: str, payload: object) -> None:
    try:
        stack.invoke(operation, payload)
    except FunctionError as error:
        raise StepError(f"{operation} failed", json.dumps(error.answer, indent=1)) from error
