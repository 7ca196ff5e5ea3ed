"""All parsers of what comes from outside."""

from tests.unit.fuzzing.document_parsers import DOCUMENT_PARSERS
from tests.unit.fuzzing.file_parsers import FILE_PARSERS
from tests.unit.fuzzing.parsers import Parser
from tests.unit.fuzzing.request_parsers import REQUEST_PARSERS
from tests.unit.fuzzing.stored_parsers import STORED_PARSERS
from tests.unit.fuzzing.text_parsers import TEXT_PARSERS

PARSERS: dict[str, Parser] = {
    parser.name: parser
    for parser in (
        *REQUEST_PARSERS,
        *DOCUMENT_PARSERS,
        *TEXT_PARSERS,
        *STORED_PARSERS,
        *FILE_PARSERS,
    )
}
