"""Parsers of files that somebody has on a disk: networks, and activities to send."""

import io
from collections.abc import Callable
from pathlib import Path
from tempfile import NamedTemporaryFile

import yaml

from local.errors import ActivityFileError, NetworkFileError, UnreadableTextError
from local.exact_json import read_json
from local.exact_yaml import nodes_of, read_yaml
from local.network_file import read_network_file
from local.send.csv_columns import read_columns
from local.send.csv_rows import csv_rows
from local.send.ndjson_rows import ndjson_rows
from local.send.source import SourceLines
from tests.template import ROOT
from tests.unit.fuzzing.inputs import Maker, json_texts, octets, texts
from tests.unit.fuzzing.parsers import Parser
from tests.unit.fuzzing.recorded import events_of
from tests.unit.fuzzing.request_parsers import ACTIVITIES

NETWORKS = events_of("import_catalog")
# PyYAML looks for the end of a key within 1,024 characters, for each bracket that is open there.
LOOKING_AHEAD = 4_000_000
CSVS = (
    (
        "activity_short_id,amount,user_1_key,user_1_email,activity_timestamp,description\n"
        'sale,3.50,buyer,ann@example.com,1664900628,"a ""quoted"" text"\nsale,1,buyer,b@c.co,,\n'
    ),
    (
        "program_membership_id;activity_type_id;value;transaction_timestamp\r\n"
        "1;visit;2;1664900628\r\n"
    ),
)
# PyYAML is slow: each of the cases by itself.
YAMLS = tuple(
    case
    for path in sorted((ROOT / "tests" / "unit").glob("*.yaml"))
    for case in path.read_text().split("\n\n")
)


def _csv(content: bytes) -> list[object]:
    lines = SourceLines(io.BytesIO(content))
    return list(csv_rows(lines, read_columns(lines.read_line())))


def _network_file(content: bytes) -> object:
    with NamedTemporaryFile(suffix=".json") as file:
        file.write(content)
        file.flush()
        return read_network_file(Path(file.name)).document


def _ndjson(content: bytes) -> list[object]:
    return list(ndjson_rows(SourceLines(io.BytesIO(content))))


def _file[T](
    name: str,
    make: Maker[T],
    parse: Callable[[T], object],
    *refusals: type[Exception],
    share: int = 6,
    most_work: int = 4000,
) -> Parser:
    return Parser(
        name=name,
        make=make,
        parse=parse,
        refusals=refusals,
        most_work=most_work,
        most_work_per_byte=400,
        share=share,
    )


def _lines(make: Maker[str]) -> Maker[str]:
    return lambda rng: "\n".join(make(rng) for _ in range(rng.choice((1, 2, 4))))


FILE_PARSERS = (
    _file("network file", octets(json_texts(NETWORKS)), _network_file, NetworkFileError, share=3),
    _file("network in JSON", json_texts(NETWORKS), read_json, UnreadableTextError),
    # A network's JSON is YAML, too.
    _file(
        "network in YAML",
        json_texts(NETWORKS),
        read_yaml,
        yaml.YAMLError,
        share=1,
        most_work=LOOKING_AHEAD,
    ),
    _file(
        "lines of YAML",
        texts(YAMLS),
        nodes_of,
        yaml.YAMLError,
        share=1,
        most_work=LOOKING_AHEAD,
    ),
    # In a header, each unknown name is compared with the known ones.
    _file(
        "activities in CSV", octets(texts(CSVS)), _csv, ActivityFileError, share=8, most_work=30_000
    ),
    _file("activities in NDJSON", octets(_lines(json_texts(ACTIVITIES))), _ndjson),
)
