"""What a row keeps of the metadata that a partner adds, so that rules can be on it."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from accrue.domain.activity import MetadataValue
from accrue.domain.amounts import parse_amount
from accrue.domain.body_fields import Fields
from accrue.domain.errors import Fault, UnusableMetadataError
from accrue.domain.field_parsers import free_text, is_blank, without_emails
from accrue.domain.findings import MAX_WARNINGS, Findings
from accrue.domain.json_values import WrongValueError, pointer, quoted, type_name
from accrue.domain.near_miss import nearest_name

MAX_METADATA_TEXT_CHARS = 255
# Those of Village's own document; all others are the partner's.
KNOWN_METADATA_FIELDS = frozenset(
    {"reference_id", "activity_timestamp", "description", "enforceUniqueRefId"}
)


@dataclass(frozen=True, slots=True)
class KeptMetadata:
    """What is kept, and what its sender should be told about it and the rest."""

    values: Mapping[str, MetadataValue]
    warnings: tuple[str, ...] = ()


def sent_metadata(
    metadata: Fields, form_fields: Collection[str] = frozenset()
) -> dict[str, object]:
    """The partner's own fields, all but those that the form itself has. Blank ones are absent."""
    return {
        name: value
        for name, value in metadata.values.items()
        if name not in form_fields and not is_blank(value)
    }


def keep_metadata(
    sent: Mapping[str, object],
    metadata_fields: Sequence[str],
    path: Sequence[str],
    form_fields: Collection[str] = frozenset(),
) -> KeptMetadata:
    """Of the metadata at `path` of a body, the fields that the network names, each with its type.

    Emails in texts are blanked. `form_fields` are what the form itself has there, which a
    misspelt name may mean as well. `UnusableMetadataError` carries every one that cannot be kept.
    """
    findings = Findings()
    values = {}
    for name, value in sent.items():
        if name not in metadata_fields:
            continue
        where = pointer(*path, name)
        try:
            values[name] = _kept(where, value, findings)
        except WrongValueError as error:
            findings.faults.append(Fault(where, str(error)))
    if findings.faults:
        message = "Some metadata that the network keeps cannot be kept as it was sent."
        raise UnusableMetadataError(message, findings.faults)
    others = [name for name in sent if name not in metadata_fields]
    known = [*form_fields, *metadata_fields]
    # One more than is ever told, so that it can be told that there are more.
    for name in others[: MAX_WARNINGS + 1]:
        findings.warn(_why_not_kept(name, pointer(*path), known))
    return KeptMetadata(values, findings.warnings())


def _kept(where: str, value: object, findings: Findings) -> MetadataValue:
    match value:
        case bool():
            return value
        case str():
            text = free_text(MAX_METADATA_TEXT_CHARS)(value)
            if (blanked := without_emails(text)) != text:
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


def _why_not_kept(name: str, where: str, known: Sequence[str]) -> str:
    if name in KNOWN_METADATA_FIELDS:
        return f"{quoted(name)} in {where} is not kept: only the network's endpoint knows it"
    if near := nearest_name(name, known):
        return f"unknown field {quoted(name)} in {where} is ignored: did you mean {near}?"
    return f"{quoted(name)} in {where} is not kept: an admin can name it in metadata_fields"
