"""ministack, whose streams leave out what PartiQL inserts: on AWS a table's stream has it all.

Without it, activities of a batch would be applied by the reconciler alone, up to a minute later.
"""

from collections.abc import Callable
from importlib import import_module
from typing import Any

OK = 200
type Insert = Callable[[dict[str, Any], dict[str, Any]], tuple[int, Any, Any]]


def main() -> None:
    """Run it until it is told to end."""
    # Untyped, and its internals: whether they are still there, e2e tests show.
    dynamodb: Any = import_module("ministack.services.dynamodb")
    insert, emit = dynamodb._partiql_insert, dynamodb._emit_stream_event  # noqa: SLF001
    dynamodb._partiql_insert = streaming(insert, emit)  # noqa: SLF001
    import_module("ministack.app").main()


def streaming(insert: Insert, emit: Callable[..., object]) -> Insert:
    """The insert, which the stream hears of if it was done."""

    def insert_and_tell(table: dict[str, Any], parsed: dict[str, Any]) -> tuple[int, Any, Any]:
        answer = insert(table, parsed)
        if answer[0] == OK:
            item = parsed["item"]
            emit(table["TableName"], "INSERT", None, item["M"] if set(item) == {"M"} else item)
        return answer

    return insert_and_tell


if __name__ == "__main__":
    main()
