"""What is exported can be imported: the same programs, whatever is in them."""

from hypothesis import given

from accrue.domain.catalog import ActivityType, Network
from accrue.domain.network_definitions import NetworkDefinitions
from accrue.domain.network_document import parse_network_document
from accrue.domain.network_parts import NetworkDocument
from accrue.domain.program_publication import read_publication
from tests.unit.guide import example
from tests.unit.program_strategies import Case, cases

NETWORK = Network("demo", "Demo", bytes(32), metadata_fields=("channel", "cups"))
TYPES = tuple(
    ActivityType(name, "sale", ("buyer", "seller", "member"), allows_negative=False)
    for name in ("sale", "task")
)


def exported(case: Case) -> NetworkDefinitions:
    return NetworkDefinitions(NETWORK, TYPES, (case.versions[-1].program,))


@given(cases(in_any_order=False))
def test_an_export_is_a_document_of_the_same_definitions(case: Case) -> None:
    definitions = exported(case)

    document = parse_network_document(definitions.to_document())

    assert definitions.after(document) == definitions


@given(cases(in_any_order=False))
def test_a_program_that_is_shown_can_be_published_as_it_is(case: Case) -> None:
    program = case.versions[-1].program
    shown = program.to_document()

    assert read_publication({"program": shown}, program.program_id, NETWORK, TYPES).program == (
        program
    )


def test_the_guides_example_says_what_its_author_wrote() -> None:
    (sent,) = example()["programs"]
    document = NetworkDocument.model_validate(example())

    shown = document.programs[0].to_document()

    assert shown.keys() >= sent.keys()
    assert "null" not in str(shown)
    assert [] not in shown.values()
