"""What a row keeps of the metadata that a partner adds, so that rules can be on it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import islice

from accrue.domain.activity import MetadataValue
from accrue.domain.amounts import parse_amount
from accrue.domain.errors import Fault, UnusableMetadataError
from accrue.domain.field_parsers import free_text, without_emails
from accrue.domain.findings import MAX_WARNINGS, Findings
from accrue.domain.json_values import WrongValueError, pointer, quoted, type_name
from accrue.domain.near_miss import nearest_name
from accrue.domain.network_activity_request import KNOWN_METADATA_FIELDS

MAX_METADATA_TEXT_CHARS = 255


@dataclass(frozen=True, slots=True)
class KeptMetadata:
    """What is kept, and what its sender should be told about it and the rest."""

    values: Mapping[str, MetadataValue]
    warnings: tuple[str, ...] = ()


def keep_metadata(sent: Mapping[str, object], metadata_fields: Sequence[str]) -> KeptMetadata:
    """The fields that the network names, each with its type; emails in texts are blanked.

    `UnusableMetadataError` carries every one of them that cannot be kept.
    """
    findings = Findings()
    values = {}
    for name, value in sent.items():
        if name not in metadata_fields:
            continue
        try:
            values[name] = _kept(name, value, findings)
        except WrongValueError as error:
            findings.faults.append(Fault(pointer("metadata", name), str(error)))
    if findings.faults:
        message = "Some metadata that the network keeps cannot be kept as it was sent."
        raise UnusableMetadataError(message, findings.faults)
    _warn_of_others(sent, metadata_fields, findings)
    return KeptMetadata(values, findings.warnings())


def _kept(name: str, value: object, findings: Findings) -> MetadataValue:
    match value:
        case bool():
            return value
        case str():
            text = free_text(MAX_METADATA_TEXT_CHARS)(value)
            if (blanked := without_emails(text)) != text:
                where = pointer("metadata", name)
                findings.warn(f"{where} has an email in it, which is kept as [email]")
            return blanked
        case Decimal():
            return _number(value)
        case _:
            raise WrongValueError(
                f"must be a string, a number, true or false, not {type_name(value)}"
            )


def _number(value: Decimal) -> Decimal:
    try:
        return parse_amount(value)
    except WrongValueError as error:
        raise WrongValueError(f"{error}, or send a string") from None


def _warn_of_others(
    sent: Mapping[str, object], metadata_fields: Sequence[str], findings: Findings
) -> None:
    known = [*KNOWN_METADATA_FIELDS, *metadata_fields]
    others = (name for name in sent if name not in metadata_fields)
    # One more than is ever told, so that it can be told that there are more.
    for name in islice(others, MAX_WARNINGS + 1):
        if near := nearest_name(name, known):
            hint = f"did you mean {near}?"
            findings.warn(f"unknown field {quoted(name)} in /metadata is ignored: {hint}")
        else:
            remedy = "an admin can name it in metadata_fields"
            findings.warn(f"{quoted(name)} in /metadata is not kept: {remedy}")
