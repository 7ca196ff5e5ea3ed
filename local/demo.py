"""The demo network: the examples of both source documents succeed on it as they stand."""

import json
from collections.abc import Mapping
from typing import Any

from local.deployed import FunctionError, invoke
from local.errors import StepError
from local.paths import DEMO_NETWORK


def demo_document() -> dict[str, Any]:
    document: dict[str, Any] = json.loads(DEMO_NETWORK.read_text(encoding="utf-8"))
    return document


def import_demo(endpoint_url: str, names: Mapping[str, str]) -> dict[str, str]:
    """Import it; returns its API keys by key id, which a network shows only once."""
    try:
        answer = invoke("import_catalog", demo_document(), endpoint_url, names)
    except FunctionError as error:
        raise StepError("the demo network could not be imported", str(error)) from error
    return {key["key_id"]: key["api_key"] for key in answer["api_keys"]}
