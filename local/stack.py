"""From nothing to a running stack with the demo network in it, and back to nothing."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from local import deployed, sam
from local.demo import demo_document, make_demo
from local.emulator import Emulator, running_emulator
from local.live_stack import LiveStack
from local.operator_key import OperatorKey, new_operator_key
from local.ports import HOST, claim_port
from local.progress import Progress
from local.stopping import Stop
from local.warming import warm


@contextmanager
def running_stack(
    port: int | None = None, *, quiet: bool = False, stop: Stop | None = None
) -> Iterator[LiveStack]:
    """Deploy the real template to an emulator of its own; everything ends with the block.

    Without a port it takes any free one, so that several can run at once. Raises LocalError.
    """
    stop = stop or Stop()
    progress = Progress(quiet=quiet)
    claimed = claim_port(port or 0)
    operator_key = new_operator_key()
    progress.step(f"starting the embedded AWS on {HOST}:{claimed}")
    with running_emulator(claimed) as emulator:
        _deploy(emulator, stop, progress, operator_key)
        stack = _seed(emulator, stop, progress, operator_key)
        progress.step("warming the functions")
        warm(stack)
        stop.check()
        progress.step("ready")
        yield stack
        progress.step("stopping")


def _deploy(emulator: Emulator, stop: Stop, progress: Progress, operator_key: OperatorKey) -> None:
    with sam.build_folder_locked(stop):
        progress.step("building the functions and layers (sam build)")
        sam.build(emulator.endpoint_url, stop)
        emulator.wait_until_ready(stop)
        progress.step("deploying template.yaml (sam deploy)")
        sam.deploy(emulator.endpoint_url, stop, operator_key.sha256)


def _seed(
    emulator: Emulator, stop: Stop, progress: Progress, operator_key: OperatorKey
) -> LiveStack:
    names = deployed.outputs(emulator.endpoint_url)
    deployed.put_gateway_responses(emulator.endpoint_url, names)
    deployed.allow_batches(emulator.endpoint_url, names)
    stop.check()
    progress.step("making the demo network")
    api_url = deployed.api_url(emulator.endpoint_url, names)
    api_keys = make_demo(api_url, emulator.endpoint_url, operator_key.text)
    stop.check()
    return _live_stack(emulator, names, api_keys, operator_key)


def _live_stack(
    emulator: Emulator,
    names: Mapping[str, str],
    api_keys: Mapping[str, str],
    operator_key: OperatorKey,
) -> LiveStack:
    document = demo_document()
    membership = document["memberships"][0]
    return LiveStack(
        api_url=deployed.api_url(emulator.endpoint_url, names),
        network_id=document["network"]["network_id"],
        program_id=membership["program_id"],
        program_membership_id=membership["program_membership_id"],
        partner_api_key=api_keys["partner"],
        admin_api_key=api_keys["admin"],
        operator_api_key=operator_key.text,
        names=names,
        emulator=emulator,
    )
