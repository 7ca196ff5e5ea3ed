"""What the parts of documents are made of: strict models, ids, exact numbers, texts."""

from collections.abc import Callable
from decimal import Decimal
from typing import Annotated, Final

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, WithJsonSchema

from accrue.domain.amounts import MAX_ABSOLUTE_AMOUNT, MAX_DECIMAL_PLACES, canonical_text
from accrue.domain.field_parsers import stored_identifier
from accrue.domain.limits import ID_PATTERN, MAX_ID_CHARS, MAX_TEXT_CHARS
from accrue.domain.number_text import MAX_NUMBER_CHARS, parse_number

# Of the rule that takes an activity's value at its word; no rule of a document may have it.
IDENTITY_RULE_ID: Final = "identity"
MAX_RATE = Decimal(10) ** 6
MAX_RATE_DECIMALS = 6
MAX_POINTS = Decimal(10) ** 12
MAX_POINTS_DECIMALS = 6
MAX_FACTOR = Decimal(1000)
# Of ids or texts in one condition: it is looked through for each activity.
MAX_CHOICES = 100

# Neither "no" nor 0 is taken for false: whoever sends them may have meant something else.
Truth = Annotated[bool, Field(strict=True)]
CatalogId = Annotated[str, Field(max_length=MAX_ID_CHARS, pattern=ID_PATTERN)]
# Partners choose these and they are compared byte for byte; spaces inside are theirs to use.
ActivityTypeId = Annotated[str, AfterValidator(stored_identifier(128))]
Role = Annotated[str, AfterValidator(stored_identifier(64))]
PartnerId = Annotated[str, AfterValidator(stored_identifier(128))]


class Document(BaseModel):
    """A part of a document that an admin writes: immutable, and strict about unknown fields."""

    model_config = ConfigDict(frozen=True, extra="forbid")


def exact_number(
    name: str, *, limit: Decimal, decimals: int, least: Decimal | None = None
) -> Callable[[object], Decimal]:
    """A parser of numbers written as strings or integers: a JSON fraction is not exact.

    `least` is the least allowed; without it, negative numbers as far as `limit` are.
    """

    def parse(value: object) -> Decimal:
        if value is None:
            raise ValueError(f'is null: send a {name}, such as "10.50"')
        if isinstance(value, float):
            # Of all errors, pydantic reports only a ValueError together with the others.
            raise ValueError(_inexact(value))  # noqa: TRY004
        whole = isinstance(value, int) and not isinstance(value, bool)
        number = parse_number(str(value) if whole else value)
        places = len(canonical_text(number).partition(".")[2])
        if places > decimals:
            raise ValueError(f"has {places} decimals: a {name} has at most {decimals}")
        if abs(number) > limit:
            raise ValueError(f"is out of range: a {name} is at most {canonical_text(limit)}")
        if least is not None and number < least:
            raise ValueError(f"is too small: a {name} is at least {canonical_text(least)}")
        return Decimal(canonical_text(number))

    return parse


def _inexact(number: float) -> str:
    """What to send in the place of a number that came with a fraction or an exponent."""
    shortest = Decimal(repr(number))
    if not shortest.is_finite():
        return "is not a finite number: send one that is"
    text = canonical_text(shortest)
    if len(text) > MAX_NUMBER_CHARS:
        return "is out of range: send fewer digits"
    return f'write it as text, "{text}": a JSON number with a fraction is not exact'


_SCHEMA = WithJsonSchema({"type": ["string", "integer"], "pattern": r"^-?[0-9]+(\.[0-9]+)?$"})
_SMALLEST = Decimal(1).scaleb(-MAX_POINTS_DECIMALS)

# Bounded so that amount x rate is exact in DynamoDB's 38 digits (see domain.amounts).
Rate = Annotated[
    Decimal,
    BeforeValidator(exact_number("rate", limit=MAX_RATE, decimals=MAX_RATE_DECIMALS)),
    _SCHEMA,
]
Amount = Annotated[
    Decimal,
    BeforeValidator(exact_number("number", limit=MAX_ABSOLUTE_AMOUNT, decimals=MAX_DECIMAL_PLACES)),
    _SCHEMA,
]
PositiveAmount = Annotated[
    Decimal,
    BeforeValidator(
        exact_number(
            "threshold",
            limit=MAX_ABSOLUTE_AMOUNT,
            decimals=MAX_DECIMAL_PLACES,
            least=Decimal(1).scaleb(-MAX_DECIMAL_PLACES),
        )
    ),
    _SCHEMA,
]
Points = Annotated[
    Decimal,
    BeforeValidator(
        exact_number("number of points", limit=MAX_POINTS, decimals=MAX_POINTS_DECIMALS)
    ),
    _SCHEMA,
]
PositivePoints = Annotated[
    Decimal,
    BeforeValidator(
        exact_number(
            "number of points", limit=MAX_POINTS, decimals=MAX_POINTS_DECIMALS, least=_SMALLEST
        )
    ),
    _SCHEMA,
]
Factor = Annotated[
    Decimal,
    BeforeValidator(
        exact_number(
            "factor",
            limit=MAX_FACTOR,
            decimals=MAX_RATE_DECIMALS,
            least=1 + Decimal(1).scaleb(-MAX_RATE_DECIMALS),
        )
    ),
    _SCHEMA,
]


def value_text(value: object) -> str:
    """How traits and metadata are compared: 5 as "5", true as "true", text as it is.

    ValueError for floats, which have no exact text, and for what is neither text, number nor truth
    value.
    """
    match value:
        case bool():
            return "true" if value else "false"
        case int() | Decimal():
            return canonical_text(Decimal(value))
        case str():
            return value
        case float():
            raise ValueError(_inexact(value))
        case None:
            raise ValueError("is null: send text, a number, or true or false")
        case _:
            raise ValueError("must be text, a number, or true or false")


def _bounded(text: str) -> str:
    if len(text) > MAX_TEXT_CHARS:
        raise ValueError(f"is longer than {MAX_TEXT_CHARS} characters: shorten it")
    return text


ValueText = Annotated[
    str,
    AfterValidator(_bounded),
    BeforeValidator(value_text),
    WithJsonSchema({"type": ["string", "integer", "boolean"]}),
]
