"""Whether a request is only to be tried out: `?dry_run=true`."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice

from accrue.domain.errors import Fault, InvalidRequestError
from accrue.domain.json_values import quoted
from accrue.domain.near_miss import nearest_name

PARAMETER = "dry_run"
# They travel in one response header, and names are the caller's own.
MAX_NAMED = 5


@dataclass(frozen=True, slots=True)
class DryRunQuery:
    """What a query string says about it, and what its sender should be told of the rest."""

    is_dry_run: bool = False
    warnings: tuple[str, ...] = ()


def parse_dry_run(query: Mapping[str, Sequence[str]]) -> DryRunQuery:
    """Read all values of all parameters. Raises InvalidRequestError.

    Only `true` and `false`, said once, and under this name: who is understood wrongly would record
    what was to be tried out. Other parameters are a warning, since partners may send their own.
    """
    faults = [
        Fault(f"query:{name}", f"is unknown: did you mean {PARAMETER}?")
        for name in _misspelt(query)
    ]
    values = query.get(PARAMETER, ["false"])
    if list(values) not in (["true"], ["false"]):
        remedy = "must be true or false, in lower case, and sent once: leave it out to record"
        faults.append(Fault(f"query:{PARAMETER}", remedy))
    if faults:
        raise InvalidRequestError.of(*faults)
    unknown = [name for name in query if name != PARAMETER]
    return DryRunQuery(list(values) == ["true"], tuple(_warnings(unknown)))


def ensure_no_dry_run(query: Mapping[str, Sequence[str]]) -> None:
    """Where nothing can be tried out: raise InvalidRequestError rather than do it in earnest."""
    named = [name for name in query if name == PARAMETER] + list(_misspelt(query))
    if named:
        remedy = "is not possible here: leave it out, and it is done"
        raise InvalidRequestError.of(*(Fault(f"query:{name}", remedy) for name in named))


def _misspelt(query: Mapping[str, Sequence[str]]) -> Iterable[str]:
    return (name for name in query if name != PARAMETER and nearest_name(name, [PARAMETER]))


def _warnings(unknown: Sequence[str]) -> Iterable[str]:
    for name in islice(unknown, MAX_NAMED):
        yield f"unknown query parameter {quoted(name)} is ignored"
    if len(unknown) > MAX_NAMED:
        yield "further query parameters are ignored"
