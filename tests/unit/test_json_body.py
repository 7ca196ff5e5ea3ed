import base64
import json
from collections.abc import Callable
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accrue.domain.errors import MalformedJsonError, RefusalError, RequestTooLargeError
from accrue.domain.json_values import JsonValue
from accrue.runtime import strict_json
from accrue.runtime.json_body import MAX_BODY_BYTES, parse_json_body
from tests.call_counts import calls_during


def parse(body: str | None) -> dict[str, JsonValue]:
    return parse_json_body(body, is_base64_encoded=False)


def parse_base64(octets: bytes) -> dict[str, JsonValue]:
    return parse_json_body(base64.b64encode(octets).decode(), is_base64_encoded=True)


def nested(depth: int) -> str:
    return '{"a":' * depth + "1" + "}" * depth


def test_numbers_keep_the_exact_value_of_their_text() -> None:
    body = parse('{"a": 0.1, "b": [50, -0, 1e3], "c": "50"}')

    assert body == {"a": Decimal("0.1"), "b": [Decimal(50), Decimal(0), Decimal(1000)], "c": "50"}
    assert isinstance(body["b"], list)
    assert all(isinstance(number, Decimal) for number in [body["a"], *body["b"]])


def test_text_may_be_any_unicode() -> None:
    assert parse('{"name": "Zoë \\ud83d\\ude00 😀"}') == {"name": "Zoë 😀 😀"}
    assert parse_base64('{"name": "Zoë"}'.encode()) == {"name": "Zoë"}


REFUSED = {
    # what was sent: (pointer, fragment of the message)
    "": ("", "is empty: send a JSON object"),
    " \r\n\t": ("", "is empty"),
    "[1]": ("", "must be a JSON object, not an array"),
    '"text"': ("", "not a string"),
    "1": ("", "not a number"),
    "null": ("", "not null"),
    "\u00a0": ("", "line 1, column 1"),
    "buyer=jane": ("", "line 1, column 1"),
    '{"a": 1} {}': ("", "column 10 (Extra data): send one JSON object"),
    '{"a": ': ("", "ends too early"),
    '{"a": "b': ("", "close the string"),
    '{"a": 1, // comment\n"b": 2}': ("", "line 1, column 10"),
    '{"a": 1 // comment\n}': ("", "has no comments: remove them"),
    '{"a": 1 /* comment */}': ("", "has no comments: remove them"),
    '{"a": 1 # comment\n}': ("", "has no comments: remove them"),
    '{\n  "a": 1,\n}': ("", "line 2, column 9"),
    '{"a": 1,}': ("", "remove the trailing comma"),
    '{"a": [1, ]}': ("", "remove the trailing comma"),
    "{'a': 1}": ("", "line 1, column 2"),
    "{\"a\": 'b'}": ("", "use double quotes instead of single quotes"),
    "{“a”: 1}": ("", "use straight double quotes"),
    '{"a": True}': ("", "write true, false or null"),
    '{"a": "b\nc"}': ("", "escape it"),
    '{"a": "\\q"}': ("", "write a backslash as"),
    "\ufeff{}": ("", "remove the byte order mark"),
    '{"a": 01}': ("", "column 8"),
    '{"a": +1}': ("", "column 7"),
    '{"a": .5}': ("", "column 7"),
    '{"a": NaN}': ("/a", "NaN is not a JSON number"),
    '{"a": [1, Infinity]}': ("/a/1", "Infinity is not a JSON number"),
    '{"a": -Infinity}': ("/a", "-Infinity is not a JSON number"),
    '{"a": 1e2000000}': ("/a", "out of range: write an exponent of at most 99"),
    '{"a": 1e-100}': ("/a", "out of range"),
    '{"a": 1E+00100}': ("/a", "out of range"),
    '{"a": %s}' % ("9" * 41): ("/a", "longer than 40 characters"),
    '{"a": 1, "a": 1}': ("/a", "is sent twice: send it once"),
    '{"a": {"b/~": 1, "\\u0062/~": 2}}': ("/a/b~1~0", "is sent twice"),
    '{"a": ["\\ud800"]}': ("/a/0", "half of a surrogate pair"),
    '{"a": "\\udc00\\ud800"}': ("/a", "half of a surrogate pair"),
    '{"a": {"\\ud800": 1}}': ("/a", 'a name, "\\ud800", with half'),
    '{"a": "\ud800"}': ("", "half of a surrogate pair"),
    nested(9): ("", "deeper than 8 levels"),
    nested(100): ("", "deeper than 8 levels"),
    "[" * 60_000: ("", "deeper than 8 levels"),
    '{"a":' * 10_000: ("", "deeper than 8 levels"),
}


@pytest.mark.parametrize(("body", "pointer", "fragment"), [(b, *why) for b, why in REFUSED.items()])
def test_what_is_not_strict_json_is_refused(body: str, pointer: str, fragment: str) -> None:
    with pytest.raises(MalformedJsonError) as refusal:
        parse(body)

    (fault,) = refusal.value.faults
    assert fault.pointer == pointer
    assert fragment in fault.message


def test_an_absent_body_is_empty() -> None:
    with pytest.raises(MalformedJsonError, match="is empty"):
        parse(None)


def test_every_fault_is_reported_but_not_without_end() -> None:
    with pytest.raises(MalformedJsonError) as refusal:
        parse('{"a": NaN, "b": {"c": 1e100}, "d": 1, "d": 2}')
    assert [fault.pointer for fault in refusal.value.faults] == ["/a", "/b/c", "/d"]

    with pytest.raises(MalformedJsonError) as refusal:
        parse(json.dumps({"k" * 10_000: [float("nan")] * 1000}))
    assert len(refusal.value.faults) == 8
    assert all(len(fault.pointer) < 80 for fault in refusal.value.faults)


def test_brackets_in_strings_are_not_depth() -> None:
    assert parse(nested(8)) == json.loads(nested(8))
    assert parse('{"a": "[[[[[[[[[", "b\\"[[[[[[[[[": "\\\\"}')


@pytest.mark.parametrize("character", ["a", "é", "😀"])
def test_a_body_is_limited_in_bytes_not_characters(character: str) -> None:
    room = MAX_BODY_BYTES - len('{"a":""}')
    width = len(character.encode())
    fits = '{"a":"%s"}' % (character * (room // width) + "x" * (room % width))
    too_large = fits[:-2] + 'x"}'

    assert len(fits.encode()) == MAX_BODY_BYTES
    assert parse(fits) == parse_base64(fits.encode())
    with pytest.raises(RequestTooLargeError, match="longer than 65536 bytes"):
        parse(too_large)
    with pytest.raises(RequestTooLargeError, match="longer than 65536 bytes"):
        parse_base64(too_large.encode())


@pytest.mark.parametrize(
    ("body", "fragment"),
    [
        (base64.b64encode(b'{"a": "\xff"}').decode(), "is not UTF-8 at byte 7"),
        (base64.b64encode(b'{"a": "\xed\xa0\x80"}').decode(), "is not UTF-8"),
        ('{"a": 1}', "is not the base64"),
        ("é", "is not the base64"),
        ("abc", "is not the base64"),
        ("e3!0=", "is not the base64"),
        ("", "is empty"),
    ],
)
def test_what_is_not_base64_of_utf8_is_refused(body: str, fragment: str) -> None:
    with pytest.raises(MalformedJsonError, match=fragment):
        parse_json_body(body, is_base64_encoded=True)


def refusal_of(body: str) -> Callable[[], object]:
    def act() -> None:
        with pytest.raises(MalformedJsonError):
            parse(body)

    return act


@pytest.mark.parametrize("number", ["1e2000000", "-1e-2000000", "9" * 60_000, "0." + "1" * 60_000])
def test_a_number_out_of_bounds_is_refused_before_it_is_converted(
    number: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def convert(text: str) -> Decimal:
        pytest.fail(f"converted {text[:20]}")

    monkeypatch.setattr("accrue.domain.number_text.Decimal", convert)

    with pytest.raises(MalformedJsonError):
        parse(f'{{"a": {number}}}')


@pytest.mark.parametrize(
    "pattern",
    ['"a%d": NaN, ', '"a": %d, ', '"a%d": "\\ud800", ', '"a%d": 1e999, ', '"a%d": [{}, []], '],
)
def test_work_grows_no_faster_than_the_body(pattern: str) -> None:
    def body(count: int) -> str:
        members = "".join(pattern % n if "%" in pattern else pattern for n in range(count))
        return "{" + members + '"z": NaN}'

    once, twice = (calls_during(refusal_of(body(count))) for count in (500, 1000))

    assert twice < 2.1 * once


def test_the_depth_scan_reads_each_character_once() -> None:
    # An unterminated string of escaped quotes: a scan that gave it up would start again at each.
    unterminated = '"' + '\\"' * 30_000
    tokens = [match.span() for match in strict_json._STRING_OR_BRACKET.finditer(unterminated)]

    assert tokens == [(0, len(unterminated))]


@given(st.text() | st.text(alphabet='{}[]":,\\/ud8e019.-+Na\n\ud800'))
def test_any_text_is_either_parsed_or_refused(body: str) -> None:
    for is_base64_encoded in (False, True):
        try:
            parsed = parse_json_body(body, is_base64_encoded=is_base64_encoded)
        except RefusalError:
            continue
        assert isinstance(parsed, dict)


json_values: st.SearchStrategy[object] = (
    st.none() | st.booleans() | st.integers(-(10**38), 10**38) | st.text()
)
for _ in range(3):
    json_values |= st.lists(json_values, max_size=3) | st.dictionaries(st.text(), json_values)


@given(st.dictionaries(st.text(), json_values))
def test_what_json_can_say_is_read_as_it_was_meant(value: dict[str, object]) -> None:
    assert parse(json.dumps(value)) == value
