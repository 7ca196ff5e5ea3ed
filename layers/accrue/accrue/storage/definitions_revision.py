"""A number that moves whenever definitions of a network come to refer to others, or take something
away that others may refer to: `<network>#DEFINITIONS` / `REVISION`.

Who publishes a program has read the network and its types; who takes a role from a type has read
the programs. Both read the number first and move it with what they write, so that one of two who
meet has to look again.
"""

from accrue.storage.administration_table import AdministrationTable, ItemChange

_SORT = "REVISION"


def read_revision(table: AdministrationTable, network_id: str) -> int:
    """The number as it is now; 0 if it has never moved."""
    attributes = table.read_item(_partition(network_id), _SORT)
    return int(attributes["revision"]) if attributes else 0


def moved_revision(network_id: str, revision: int) -> ItemChange:
    """The change that moves it on from what was read."""
    present = {"revision": revision} if revision else None
    return ItemChange(_partition(network_id), _SORT, present, {"revision": revision + 1})


def _partition(network_id: str) -> str:
    return f"{network_id}#DEFINITIONS"
