"""What an operation may refuse, by status: from the error table and the gateway's answers."""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from http import HTTPStatus
from typing import Any

from accrue.domain.errors import CatalogRefusalError, RefusalError
from accrue.domain.spending_errors import InsufficientPointsError
from accrue.runtime.batch_response import UNRECORDED
from accrue.runtime.error_table import CODES, status_of
from local.openapi.answers.errors import Error
from local.openapi.model_schemas import reference
from local.openapi.operation import JSON, Operation
from local.openapi.parameters import answered_header
from local.template import gateway_responses

type CodesByStatus = Mapping[int, set[str]]

_CODE = re.compile(r'"code":"([A-Z_]+)"')
_FAILED = "INTERNAL_ERROR"
# With which code a header comes, and whether always: other codes of its status have none.
_HEADERS = (
    ("UNAUTHORIZED", "WWW-Authenticate", True),
    (CODES[InsufficientPointsError][1], "Accrue-Available-Points", False),
)
COMPONENT = "#/components/responses/"


def error_codes() -> dict[str, dict[str, Any]]:
    """Every code, with the statuses that it comes with and what it means."""
    codes: dict[str, dict[str, Any]] = {}
    for refusal, (status, code) in CODES.items():
        # The operations of Village's form answer these with 400.
        also = [400] if issubclass(refusal, CatalogRefusalError) else []
        said = " ".join((refusal.__doc__ or "").split())
        codes[code] = {"statuses": sorted({status, *also}), "description": said}
    for status, of_gateway in gateway_codes().items():
        for code in of_gateway:
            known = codes.setdefault(code, {"statuses": [], "description": "By the gateway."})
            known["statuses"] = sorted({*known["statuses"], status})
    for status, code, message in UNRECORDED.values():
        known = codes.setdefault(code, {"statuses": [], "description": message})
        known["statuses"] = sorted({*known["statuses"], status})
    return dict(sorted(codes.items()))


def gateway_codes() -> CodesByStatus:
    """What the gateway answers by itself; whatever the route."""
    codes: dict[int, set[str]] = defaultdict(set)
    for response in gateway_responses().values():
        found = _CODE.search(response["ResponseTemplates"][JSON])
        # Of the types that are not listed, the code is the gateway's name for them.
        if found and "StatusCode" in response:
            codes[response["StatusCode"]].add(found[1])
    return codes


def error_responses(operation: Operation) -> dict[str, Any]:
    """The refusals of an operation, and what may befall any."""
    codes: dict[int, set[str]] = defaultdict(set)
    for refusal in operation.refusals:
        status = status_of_class(refusal, operation.catalog_refusal_status)
        codes[status].add(CODES[refusal][1])
    anywhere = codes_anywhere()
    return {
        str(status): {"$ref": COMPONENT + _name(status)}
        if status not in codes
        else _response(status, codes[status] | anywhere.get(status, set()))
        for status in sorted({*codes, *anywhere})
    }


def responses_anywhere() -> dict[str, Any]:
    """The components of the answers that have nothing to do with an operation."""
    return {_name(status): _response(status, codes) for status, codes in codes_anywhere().items()}


def codes_anywhere() -> CodesByStatus:
    """The gateway's, and that something failed."""
    codes = defaultdict(set, gateway_codes())
    codes[500] = {*codes[500], _FAILED}
    return codes


def status_of_class(refusal: type[RefusalError], catalog_refusal_status: int) -> int:
    """As `status_of` has it of a refusal that was raised."""
    return status_of(refusal.__new__(refusal), catalog_refusal_status)


def _name(status: int) -> str:
    return f"Error{status}"


def _response(status: int, codes: Iterable[str]) -> dict[str, Any]:
    names = sorted(codes)
    headers = {
        header: answered_header(header, is_required=is_required)
        for code, header, is_required in _HEADERS
        if code in names
    }
    schema = {**reference(Error), "properties": {"code": {"enum": names}}}
    return {
        "description": f"{HTTPStatus(status).phrase}: {', '.join(names)}",
        **({"headers": headers} if headers else {}),
        "content": {JSON: {"schema": schema}},
    }
