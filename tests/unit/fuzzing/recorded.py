"""The recorded payloads in events/, as what parsers take."""

import json
from collections.abc import Sequence
from decimal import Decimal
from functools import cache
from typing import Any
from urllib.parse import urlencode

from boto3.dynamodb.types import TypeDeserializer

from tests.template import ROOT

_EVENTS = ROOT / "events"


@cache
def events_of(operation: str) -> Sequence[Any]:
    """The payloads of a function."""
    found = [json.loads(path.read_text()) for path in sorted((_EVENTS / operation).glob("*.json"))]
    assert found
    return found


@cache
def bodies_of(*operations: str) -> Sequence[Any]:
    """The bodies of requests to these functions, which are JSON."""
    texts = [event["body"] for each in operations for event in events_of(each) if event.get("body")]
    bodies = [found for text in texts if (found := _json(text)) is not None]
    assert bodies
    return bodies


@cache
def queries_of(operation: str) -> Sequence[str]:
    """The query strings of requests to a function."""
    queries = [event.get("queryStringParameters") or {} for event in events_of(operation)]
    return [urlencode(query) for query in queries]


@cache
def headers_of(operation: str, name: str) -> Sequence[str]:
    """What requests to a function have in this header."""
    found = [(event.get("headers") or {}).get(name) for event in events_of(operation)]
    return [value for value in found if value is not None]


@cache
def messages_of(operation: str) -> Sequence[Any]:
    """The bodies of messages in a function's queue, which are JSON."""
    texts = [record["body"] for event in events_of(operation) for record in event["Records"]]
    return [found for text in texts if (found := _json(text)) is not None]


@cache
def images_of(operation: str) -> Sequence[dict[str, Any]]:
    """The items in a function's stream."""
    read = TypeDeserializer().deserialize
    records = [record for event in events_of(operation) for record in event["Records"]]
    images = [record["dynamodb"]["NewImage"] for record in records if _has_image(record)]
    return [{name: read(value) for name, value in image.items()} for image in images]


def _has_image(record: Any) -> bool:
    return bool(record["dynamodb"].get("NewImage"))


def _json(text: str) -> Any:
    try:
        return json.loads(text, parse_float=Decimal)
    except json.JSONDecodeError:
        return None
