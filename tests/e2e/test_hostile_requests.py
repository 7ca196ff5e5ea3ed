"""The deployed stack answers as docs/openapi.json has it, whatever is sent over HTTP."""

from collections.abc import Iterator

import pytest

from accrue.domain.catalog import KeyRole
from tests.described import operations
from tests.e2e.network import LiveNetwork
from tests.hostile.attack import Figures, Made, Target, described_api
from tests.hostile.making import Maker, make_things
from tests.hostile.scenarios import run_scenarios
from tests.hostile.single import attack
from tests.integration.receiver import running_receiver
from tests.proof.record import record
from tests.proof.seeds import is_long, seeds

PART = "hostile-requests"
OPERATIONS = [operation["operationId"] for operation in operations().values()]
# Each takes a second or so; all of them are attacked in one process on each run.
ATTACKED = OPERATIONS if is_long() else ["record_membership_activity", "list_networks"]

# Over HTTP each takes its time; in one process there are more.
AT_EDGES = 40


@pytest.fixture
def target(network: LiveNetwork, sandbox: LiveNetwork) -> Iterator[Target]:
    """The stack, with a network and a sandbox of one's own."""
    with running_receiver() as receiver:
        yield Target(
            app=None,
            base_url=network.stack.api_url,
            network_id=network.network_id,
            keys={
                KeyRole.PARTNER: network.partner_api_key,
                KeyRole.ADMIN: network.admin_api_key,
                KeyRole.OPERATOR: network.stack.operator_api_key,
            },
            sandbox_id=sandbox.network_id,
            sandbox_key=sandbox.admin_api_key,
            webhook_url=receiver.url,
            # Behind the stack's API, things go on by themselves.
            settle=lambda: None,
        )


@pytest.fixture
def made(target: Target) -> Made:
    """What is there to ask for."""
    return make_things(Maker(target))


@pytest.mark.parametrize("operation_id", ATTACKED)
def test_every_answer_is_as_described(target: Target, made: Made, operation_id: str) -> None:
    figures = Figures()

    attack(target, figures, made, operation_id, seeds(1, 1), at_edges=AT_EDGES)

    assert {operations()[label]["operationId"] for label in figures.operations} == {operation_id}
    record(PART, f"over HTTP, {operation_id}", figures.to_record())


@pytest.mark.parametrize("number", seeds(1, 3))
def test_every_answer_in_a_scenario_is_as_described(
    target: Target, made: Made, number: int
) -> None:
    figures = Figures()

    run_scenarios(described_api(target, figures, made), figures, target.settle, number)

    assert figures.links.total() > 0
    record(PART, f"over HTTP, scenarios {number}", figures.to_record())
