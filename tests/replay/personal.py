"""What no log line may have of an event: its keys, and whatever its sender has made up."""

import base64
import json
from collections.abc import Iterator
from typing import Any

# Shorter ones are within other words.
SHORTEST = 5
# Ids and words of ours: logged on purpose, and nobody is known by them.
LOGGED = {
    *("network_id", "key_id", "activity_id", "job_id", "event_id", "webhook_id", "hold_id"),
    *("kind", "of", "type", "event_type", "event_types", "role"),
}
KEY_HEADERS = {"x-api-key", "authorization", "idempotency-key"}


def personal_texts(event: dict[str, Any]) -> set[str]:
    """Texts of an HTTP request, or of a network document."""
    if "Records" in event or "detail-type" in event:
        # What they hold was sent by some request before.
        return set()
    texts = {*_of_request(event)} if "httpMethod" in event else {*_leaves(event, "")}
    return {text for text in texts if len(text) >= SHORTEST}


def _of_request(event: dict[str, Any]) -> Iterator[str]:
    for name, value in (event["headers"] or {}).items():
        if name.casefold() in KEY_HEADERS:
            yield value
            yield value.rpartition(".")[2].removeprefix("Bearer ")
    for name, value in (event["queryStringParameters"] or {}).items():
        if name not in LOGGED:
            yield value
    for name, value in (event["pathParameters"] or {}).items():
        if name not in LOGGED:
            yield value
    body = event.get("body") or ""
    if event.get("isBase64Encoded"):
        body = base64.b64decode(body).decode()
    for line in [body, *body.splitlines()]:
        try:
            yield from _leaves(json.loads(line), "")
        except ValueError:
            yield line


def _leaves(value: Any, name: str) -> Iterator[str]:
    match value:
        case dict():
            for key, each in value.items():
                yield from _leaves(each, key)
        case list():
            for each in value:
                yield from _leaves(each, name)
        case str() if name not in LOGGED:
            yield value
