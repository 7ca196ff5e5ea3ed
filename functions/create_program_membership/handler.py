"""POST /v2/program-memberships: enrols a user in a program, or tells the membership."""

from accrue.domain.program_membership_request import parse_program_membership
from accrue.runtime.http import Request, Response, endpoint, warnings_header
from accrue.runtime.json_body import parse_json_body
from accrue.runtime.settings import AdministrationSettings
from accrue.services.create_program_membership import MembershipCreator
from accrue.storage.administration_table import AdministrationTable
from accrue.storage.dynamo import dynamodb_client
from accrue.storage.networks import NetworkTable
from accrue.storage.users import UserTable

settings = AdministrationSettings.from_environment()
table = AdministrationTable(dynamodb_client(), settings.catalog_table)
users = UserTable(table)
creator = MembershipCreator(NetworkTable(table), users, users)


@endpoint()
def lambda_handler(request: Request) -> Response:
    """201 with the membership if this made it, 200 if the user had it."""
    body = parse_json_body(request.body, is_base64_encoded=request.is_base64_encoded)
    parsed = parse_program_membership(body)
    created = creator.create(parsed.request, request.caller)
    membership = created.membership
    return Response(
        201 if created.is_new else 200,
        {
            "program_membership_id": membership.program_membership_id,
            "program_id": membership.program_id,
            "user_id": membership.user_id,
            "standing": membership.standing.value,
        },
        warnings_header(parsed.warnings),
    )
