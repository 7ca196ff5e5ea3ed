"""The demo network: the examples of both source documents succeed on it as they stand."""

import json
from dataclasses import dataclass
from typing import Any

from local.api_calls import call_api
from local.errors import StepError
from local.function_errors import error_lines
from local.paths import DEMO_NETWORK


def demo_document() -> dict[str, Any]:
    document: dict[str, Any] = json.loads(DEMO_NETWORK.read_text(encoding="utf-8"))
    return document


def make_demo(api_url: str, endpoint_url: str, operator_api_key: str) -> dict[str, str]:
    """Make it, as an operator makes any network: over HTTP alone.

    Returns its API keys by key id, each of which is shown only once. Raises StepError.
    """
    document = demo_document()
    network = f"/networks/{document['network']['network_id']}"
    settings = {k: v for k, v in document["network"].items() if k != "network_id"}
    operator = _Api(api_url, endpoint_url, operator_api_key)
    operator.call("PUT", network, settings)
    api_keys = {
        part["key_id"]: operator.call("POST", f"{network}/api-keys", part)["api_key"]
        for part in document["api_keys"]
    }
    admin = _Api(api_url, endpoint_url, api_keys["admin"])
    admin.call("PUT", f"{network}/document", document | {"api_keys": []})
    return api_keys


@dataclass(frozen=True, slots=True)
class _Api:
    """The stack's API, called with one key."""

    api_url: str
    endpoint_url: str
    api_key: str

    def call(self, method: str, path: str, body: object) -> Any:  # noqa: ANN401 - JSON
        headers = {"Authorization": f"Bearer {self.api_key}"}
        try:
            answer = call_api(self.api_url, method, path, headers, body)
        except OSError as error:
            raise StepError(f"{method} {path} got no answer", str(error)) from error
        if answer.status not in {200, 201}:
            told = f"{answer.text}\n{error_lines(self.endpoint_url)}"
            raise StepError(f"{method} {path} answered {answer.status}", told)
        return json.loads(answer.text)
