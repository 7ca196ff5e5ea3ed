"""Activity types and programs."""

from accrue.domain.administration_errors import (
    ActivityTypeNotFoundError,
    DefinitionInUseError,
    DefinitionsTooLargeError,
    ProgramNotFoundError,
    ProgramVersionNotFoundError,
)
from accrue.domain.errors import InvalidRequestError
from accrue.domain.network_parts import ActivityTypePart
from accrue.domain.program_publication import ProgramPublication
from local.openapi.answers.administration import (
    ActivityTypeAnswer,
    ActivityTypePage,
    ProgramAnswer,
    ProgramDifferences,
    ProgramPage,
    ProgramVersionAnswer,
    ProgramVersionPage,
)
from local.openapi.operation import (
    ADMIN,
    CONDITIONAL,
    OF_ADMINS,
    WITH_DEFINITION,
    Body,
    Link,
    Operation,
    answer,
    page_for_admins,
)
from local.openapi.operations.networks import CONDITIONS, TAGGED

_TYPES = "/networks/{network_id}/activity-types"
_PROGRAMS = "/networks/{network_id}/programs"
_ONE = f"{_PROGRAMS}/{{program_id}}"
_SAME = {"network_id": "$request.path.network_id"}
_TYPE = {**_SAME, "activity_type_id": "$response.body#/activity_type_id"}
_PROGRAM = {**_SAME, "program_id": "$response.body#/program_id"}
_TYPE_LINKS = {"activity_type": Link(operation_id="get_activity_type", parameters=_TYPE)}
_PROGRAM_LINKS = {
    "program": Link(operation_id="get_program", parameters=_PROGRAM),
    "versions": Link(operation_id="list_versions", parameters=_PROGRAM),
    "version": Link(
        operation_id="get_version",
        parameters={**_PROGRAM, "version": "$response.body#/version"},
    ),
    "differences": Link(operation_id="compare_versions", parameters=_PROGRAM),
}

DEFINITIONS = {
    f"GET {_TYPES}": page_for_admins(
        "list_activity_types",
        "A network's activity types",
        "Definitions",
        answer("A page by id.", ActivityTypePage),
    ),
    f"GET {_TYPES}/{{activity_type_id}}": Operation(
        operation_id="get_activity_type",
        summary="An activity type",
        tag="Definitions",
        keys=ADMIN,
        answers={200: answer("As it is.", ActivityTypeAnswer, headers=TAGGED)},
        refusals=(*OF_ADMINS, ActivityTypeNotFoundError),
    ),
    f"PUT {_TYPES}/{{activity_type_id}}": Operation(
        operation_id="put_activity_type",
        summary="Define an activity type, or change it",
        tag="Definitions",
        keys=ADMIN,
        body=Body.of(ActivityTypePart, in_path="activity_type_id"),
        headers=CONDITIONS,
        answers={
            200: answer("Changed, or already so.", ActivityTypeAnswer, headers=TAGGED),
            201: answer("New.", ActivityTypeAnswer, headers=TAGGED, links=_TYPE_LINKS),
        },
        refusals=(
            *WITH_DEFINITION,
            *OF_ADMINS,
            *CONDITIONAL,
            DefinitionInUseError,
            DefinitionsTooLargeError,
        ),
    ),
    f"GET {_PROGRAMS}": page_for_admins(
        "list_programs", "A network's programs", "Definitions", answer("A page by id.", ProgramPage)
    ),
    f"GET {_ONE}": Operation(
        operation_id="get_program",
        summary="A program's latest version",
        tag="Definitions",
        keys=ADMIN,
        answers={200: answer("And which is in force.", ProgramAnswer, headers=TAGGED)},
        refusals=(*OF_ADMINS, ProgramNotFoundError),
    ),
    f"PUT {_ONE}": Operation(
        operation_id="put_program",
        summary="Publish a version of a program",
        tag="Definitions",
        keys=ADMIN,
        body=Body.of(ProgramPublication, in_path="program/program_id"),
        headers=CONDITIONS,
        answers={
            200: answer("Said already by the latest.", ProgramVersionAnswer, headers=TAGGED),
            201: answer(
                "A new version.", ProgramVersionAnswer, headers=TAGGED, links=_PROGRAM_LINKS
            ),
        },
        refusals=(*WITH_DEFINITION, *OF_ADMINS, *CONDITIONAL),
    ),
    f"GET {_ONE}/versions": Operation(
        operation_id="list_versions",
        summary="A program's versions",
        tag="Definitions",
        keys=ADMIN,
        query=("limit", "cursor"),
        answers={200: answer("A page, the newest first.", ProgramVersionPage)},
        refusals=(InvalidRequestError, *OF_ADMINS, ProgramNotFoundError),
    ),
    f"GET {_ONE}/versions/{{version}}": Operation(
        operation_id="get_version",
        summary="A version of a program",
        tag="Definitions",
        keys=ADMIN,
        answers={200: answer("As it was published.", ProgramVersionAnswer, headers=TAGGED)},
        refusals=(*OF_ADMINS, ProgramNotFoundError, ProgramVersionNotFoundError),
    ),
    f"GET {_ONE}/diff": Operation(
        operation_id="compare_versions",
        summary="What changed between versions of a program",
        tag="Definitions",
        keys=ADMIN,
        query=("from_version", "to_version"),
        answers={200: answer("By default, by the latest.", ProgramDifferences)},
        refusals=(
            InvalidRequestError,
            *OF_ADMINS,
            ProgramNotFoundError,
            ProgramVersionNotFoundError,
        ),
    ),
}
