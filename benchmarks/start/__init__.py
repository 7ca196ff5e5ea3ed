"""What a cold start takes: importing and constructing, by function, by what is imported, by memory.

Each side is started in fresh interpreters, in turns, from the layers as `sam build` makes them, on
a copy without and on one with compiled bytecode. boto3 is the environment's, compiled throughout,
as it is the runtime's on Lambda.
"""

from benchmarks.figures import Figure, Measured, Table
from benchmarks.start.fresh import Cost, cheapest
from benchmarks.start.layers import Layers, built_layers, bytes_of, copied
from benchmarks.start.memory import memory_table

BARE = "bare handler: boto3 client, Logger"
RECORD, APPLY = "record_membership_activity", "apply_rules"
FUNCTIONS = (RECORD, "record_network_activity", "authorize_api_key", APPLY)
PIECES = {
    "the interpreter": "pass",
    "boto3": "import boto3",
    "boto3, and a client of DynamoDB": "import boto3; boto3.client('dynamodb')",
    "Powertools: Logger": "import aws_lambda_powertools",
    "Powertools: Logger and idempotency": "import aws_lambda_powertools.utilities.idempotency",
    "Powertools: Logger and event classes": "import aws_lambda_powertools.utilities.data_classes",
    "pydantic": "from pydantic import BaseModel, TypeAdapter",
    "our models of programs": "import accrue.domain.program.program",
}
MOST_RATIO = 1.35
MOST_BYTES = 15_000_000
MEGABYTE = 1_000_000


def measure() -> Measured:
    """The starts beside a bare handler's, what the layers hold, and what memory is for."""
    built = built_layers()
    with copied(built, compiled=True) as compiled, copied(built, compiled=False) as plain:
        names = {BARE: "import bare", **dict.fromkeys(FUNCTIONS, "import handler")}
        starts = {layers: _starts(layers, names) for layers in (compiled, plain)}
        pieces = _starts(compiled, PIECES)
        grown = sum(map(bytes_of, compiled)) - sum(map(bytes_of, plain))
    return Measured(
        [*_figures(starts[compiled], starts[plain]), _size(built)],
        [
            _start_table(starts[compiled], starts[plain]),
            _piece_table(pieces, starts[compiled][BARE]),
            _layer_table(built, grown),
            memory_table({RECORD: starts[plain][RECORD], APPLY: starts[plain][APPLY]}),
        ],
    )


def _starts(layers: Layers, statements: dict[str, str]) -> dict[str, Cost]:
    return cheapest({name: (said, layers.environment(name)) for name, said in statements.items()})


def _figures(compiled: dict[str, Cost], plain: dict[str, Cost]) -> list[Figure]:
    return [
        Figure(
            name=f"init of {RECORD} over a bare handler's, {how}",
            unit="x",
            ours=costs[RECORD].seconds / costs[BARE].seconds,
            target=MOST_RATIO,
            because=(
                "Python compiles at each start what is in the layers, and most of the bare handler"
                " is boto3, which is not"
            ),
        )
        for how, costs in (("compiled", compiled), ("compiling its own code", plain))
    ]


def _size(built: Layers) -> Figure:
    return Figure(
        name="unzipped layers",
        unit="MB",
        ours=sum(map(bytes_of, built)) / MEGABYTE,
        target=MOST_BYTES / MEGABYTE,
    )


def _start_table(compiled: dict[str, Cost], plain: dict[str, Cost]) -> Table:
    rows = [
        [
            name,
            compiled[name].seconds / compiled[BARE].seconds,
            plain[name].seconds / plain[BARE].seconds,
            compiled[name].seconds / plain[name].seconds,
            compiled[name].megabytes,
        ]
        for name in compiled
    ]
    about = "Processor time from the start of an interpreter until the handler could be called."
    head = ["", "over bare", "the same, not compiled", "compiled, of not", "memory, MB"]
    return Table("Cold starts", about, head, rows)


def _piece_table(pieces: dict[str, Cost], bare: Cost) -> Table:
    rows = [[name, cost.seconds / bare.seconds] for name, cost in pieces.items()]
    about = """What each import takes by itself, compiled, as a part of the bare handler's start.
        They share modules of the standard library, so they don't add up."""
    return Table("What a start imports", about, ["", "of the bare handler"], rows)


def _layer_table(built: Layers, grown: int) -> Table:
    rows = [[path.name, bytes_of(path) / MEGABYTE] for path in built]
    rows.append(["bytecode of both, which is not shipped", grown / MEGABYTE])
    return Table("Layers", "What Lambda unzips, in MB of files.", ["", "MB"], rows)
