"""What somebody with all rights could do to the tables, and how the verifier must name it.

The clever ones leave every hash right that the item itself carries.
"""

import random
from collections.abc import Callable, Sequence
from copy import deepcopy
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from accrue.domain.as_written import PLACES, hash_of
from accrue.domain.timestamps import from_text, to_text
from accrue.storage.dynamo import to_attributes, to_item
from accrue.storage.time_shards import time_shard_of
from local.verify.read_items import LOOKBACK

type Item = dict[str, Any]

# What an attribute could be besides: a value of each type that DynamoDB has.
ODD_VALUES: tuple[Any, ...] = (
    *("odd", "\ud800", Decimal("1E+30"), True, None, b"odd"),
    *(["odd"], {"odd": "one"}, {"odd"}, {Decimal(1)}, {b"odd"}),
)

KEYS = frozenset({"activity_key", "membership_key", "item_key"})
INVENTED = "fr_" + "q" * 32


@dataclass
class Tables:
    """The items of both tables as plain attributes, to be tampered with."""

    items: list[Item]

    @classmethod
    def of(cls, stored: Sequence[Item]) -> "Tables":
        """A copy of what is stored, in DynamoDB's own form."""
        return cls([to_attributes(deepcopy(item)) for item in stored])

    def stored(self) -> list[Item]:
        """As DynamoDB has them, each membership's balance before its postings."""
        in_order = sorted(
            self.items, key=lambda i: (i.get("membership_key", "~"), i.get("item_key", ""))
        )
        return [to_item(item) for item in in_order]

    @property
    def rows(self) -> list[Item]:
        """Rows, without markers."""
        return [i for i in self.items if "activity_key" in i and not is_marker(i)]

    @property
    def markers(self) -> list[Item]:
        """Markers."""
        return [item for item in self.items if is_marker(item)]

    @property
    def postings(self) -> list[Item]:
        """Postings."""
        return [i for i in self.items if i.get("item_key", "").startswith("POSTING#")]

    @property
    def outcomes(self) -> list[Item]:
        """Outcomes."""
        return [item for item in self.items if item.get("item_key") == "OUTCOME"]

    @property
    def balances(self) -> list[Item]:
        """Balances of memberships with a posting."""
        return [i for i in self.items if i.get("item_key") == "BALANCE"]

    def chain(self, posting: Item) -> list[Item]:
        """The postings of the same membership in their sequence."""
        same = [p for p in self.postings if p["membership_key"] == posting["membership_key"]]
        return sorted(same, key=lambda each: each["sequence"])

    def balance(self, posting: Item) -> Item:
        """The balance of its membership."""
        (found,) = (b for b in self.balances if b["membership_key"] == posting["membership_key"])
        return found


def is_marker(item: Item) -> bool:
    """Whether it only holds a place."""
    return "activity_key" in item and str(item["kind"]).endswith("_marker")


def name_of(item: Item) -> str:
    """How the verifier names an item."""
    if "activity_key" in item:
        noun = "marker" if is_marker(item) else "row"
        return f"{noun} {str(item['activity_key']).partition('#')[2]}"
    place = str(item["membership_key"]).partition("#")[2].partition("#")[2]
    if item["item_key"] == "BALANCE":
        return f"balance of {place}"
    if item["item_key"] == "OUTCOME":
        return f"outcome of {place}"
    return f"posting of {str(item['item_key']).rpartition('#')[2]} to {place}"


def rehash(item: Item) -> None:
    """As a clever administrator leaves it."""
    item["content_hash"] = hash_of(item)


def change_anything(item: Item, chance: random.Random, *, cleverly: bool) -> None:
    """One attribute is another, is gone, or is new; not one of the key."""
    avoided = KEYS | (PLACES if cleverly else frozenset())
    name = chance.choice(sorted(item.keys() - avoided))
    what = chance.randrange(4)
    if what == 0 and name != "kind":
        del item[name]
    elif what == 1:
        item["note"] = "nothing to see"
    elif what == 2:
        item[name] = chance.choice([odd for odd in ODD_VALUES if odd != item[name]])
    else:
        item[name] = other_value(item[name])
    if cleverly:
        rehash(item)


def other_value(value: Any) -> Any:
    """A value of the same type, but another one."""
    match value:
        case bool():
            return not value
        case Decimal():
            return value + 1
        case str():
            return f"{value}0"
        case list():
            return [*value, "more"]
        case dict():
            return {**value, "more": "than it was"}
        case _:
            return "something"


type Tampering = Callable[[Tables, random.Random], set[str]]


def _pick(items: list[Item], chance: random.Random) -> Item:
    return chance.choice(sorted(items, key=name_of))


def _change(kind: str, *, cleverly: bool) -> Tampering:
    def tamper(tables: Tables, chance: random.Random) -> set[str]:
        item = _pick(getattr(tables, kind), chance)
        change_anything(item, chance, cleverly=cleverly)
        return {name_of(item)}

    return tamper


def _remove(kind: str) -> Tampering:
    def tamper(tables: Tables, chance: random.Random) -> set[str]:
        item = _pick(getattr(tables, kind), chance)
        tables.items.remove(item)
        return {name_of(item)}

    return tamper


def _long_ago(tables: Tables) -> list[Item]:
    """Rows of a time that was sealed for good when the last one of their network was recorded."""
    newest: dict[str, str] = {}
    for row in tables.rows:
        at = row["recorded_at"]
        newest[row["network_id"]] = max(at, newest.get(row["network_id"], at))
    ends = {name: to_text(from_text(at) - LOOKBACK) for name, at in newest.items()}
    return [row for row in tables.rows if row["recorded_at"] < ends[row["network_id"]]]


def add_row_with_an_old_date(tables: Tables, chance: random.Random) -> set[str]:
    """A copy of a row under an id of its own."""
    row = deepcopy(_pick([r for r in _long_ago(tables) if "reference_id" not in r], chance))
    network_id = row["network_id"]
    row |= {"activity_id": INVENTED, "activity_key": f"{network_id}#{INVENTED}"}
    row["time_shard"] = time_shard_of(network_id, INVENTED, from_text(row["recorded_at"]))
    if row["kind"] == "reversal":
        row["kind"] = "adjustment"
    rehash(row)
    tables.items.append(row)
    return {name_of(row)}


def hide_a_row_from_lists(tables: Tables, chance: random.Random) -> set[str]:
    """Its hash does not cover where it is in the index."""
    row = _pick(tables.rows, chance)
    row["time_shard"] = f"{row['time_shard']}0"
    return {name_of(row)}


def add_a_posting(tables: Tables, chance: random.Random) -> set[str]:
    """A row is posted to somebody else too, as the last of the chain, and the balance agrees."""
    last = tables.chain(_pick(tables.postings, chance))[-1]
    others = [
        r
        for r in tables.rows
        if r["network_id"] == last["network_id"]
        and r["activity_id"] not in {p["activity_id"] for p in tables.chain(last)}
        and any(p["activity_id"] == r["activity_id"] for p in (*tables.postings, *tables.outcomes))
    ]
    row = _pick(others, chance)
    added = {
        **deepcopy(last),
        "activity_id": row["activity_id"],
        "activity_hash": row["content_hash"],
        "recorded_at": row["recorded_at"],
        "item_key": f"POSTING#{row['recorded_at']}#{row['activity_id']}",
        "sequence": last["sequence"] + 1,
        "previous_hash": last["content_hash"],
        "outcome": "applied",
    }
    added.pop("outcome_shard", None)
    added.pop("outcome_at", None)
    rehash(added)
    tables.balance(last).update(sequence=added["sequence"], last_posting_hash=added["content_hash"])
    tables.items.append(added)
    return {name_of(added)}


def reorder_postings(tables: Tables, chance: random.Random) -> set[str]:
    """Two that follow one another change places."""
    first = _pick([p for p in tables.postings if p is not tables.chain(p)[-1]], chance)
    chain = tables.chain(first)
    second = chain[chain.index(first) + 1]
    first["sequence"], second["sequence"] = second["sequence"], first["sequence"]
    rehash(first)
    rehash(second)
    return {name_of(first), name_of(second)}


def rewrite_a_chain(tables: Tables, chance: random.Random) -> set[str]:
    """A posting is another one, and all that follows agrees, the balance too: the seals tell."""
    changed = _pick(tables.postings, chance)
    changed["posted_at"] = changed["posted_at"][:-2] + "7Z"
    chain = tables.chain(changed)
    behind = chain[chain.index(changed) :]
    previous = changed["previous_hash"]
    for posting in behind:
        posting["previous_hash"] = previous
        rehash(posting)
        previous = posting["content_hash"]
    tables.balance(changed)["last_posting_hash"] = previous
    return {name_of(posting) for posting in behind}


def remove_a_chains_end(tables: Tables, chance: random.Random) -> set[str]:
    """Its last posting never was, and the balance agrees."""
    last = tables.chain(_pick(tables.postings, chance))[-1]
    tables.items.remove(last)
    balance = tables.balance(last)
    balance |= {"sequence": last["sequence"] - 1, "last_posting_hash": last["previous_hash"]}
    left = tables.chain(last)
    balance["points"] = left[-1]["balance_after"] if left else Decimal(0)
    return {name_of(last)}


def add_an_outcome(tables: Tables, chance: random.Random) -> set[str]:
    """Of a row that has postings."""
    posted = {p["activity_id"] for p in tables.postings}
    row = _pick([r for r in tables.rows if r["activity_id"] in posted], chance)
    like = _pick(tables.outcomes, chance)
    network_id, row_id, at = row["network_id"], row["activity_id"], row["recorded_at"]
    added = {
        **like,
        "network_id": network_id,
        "activity_id": row_id,
        "activity_hash": row["content_hash"],
        "recorded_at": at,
        "membership_key": f"{network_id}#A#{row_id}",
        "outcome_shard": time_shard_of(network_id, row_id, from_text(at)),
        "outcome_at": f"{at}#{row_id}",
    }
    rehash(added)
    tables.items.append(added)
    return {name_of(added)}


def change_a_balance(tables: Tables, chance: random.Random) -> set[str]:
    """It says another number, or follows another posting."""
    balance = _pick(tables.balances, chance)
    name = chance.choice(["points", "sequence", "last_posting_hash"])
    balance[name] = chance.choice([other_value(balance[name]), *ODD_VALUES])
    return {name_of(balance)}


def remove_all_balances(tables: Tables, _chance: random.Random) -> set[str]:
    """As an export of a period has none."""
    posted = {posting["membership_key"] for posting in tables.postings}
    gone = tables.balances
    tables.items = [item for item in tables.items if item not in gone]
    return {name_of(item) for item in gone if item["membership_key"] in posted}


TAMPERINGS: dict[str, Tampering] = {
    **{
        f"{kind}, changed{' with the hash' * cleverly}": _change(kind, cleverly=cleverly)
        for kind in ("rows", "markers", "postings", "outcomes")
        for cleverly in (False, True)
    },
    **{
        f"{kind}, removed": _remove(kind)
        for kind in ("rows", "markers", "postings", "outcomes", "balances")
    },
    "row, added with an old date": add_row_with_an_old_date,
    "row, hidden from lists": hide_a_row_from_lists,
    "posting, added": add_a_posting,
    "postings, reordered": reorder_postings,
    "chain, rewritten": rewrite_a_chain,
    "chain, its end removed": remove_a_chains_end,
    "outcome, added": add_an_outcome,
    "balance, changed": change_a_balance,
    "balances, all removed": remove_all_balances,
}
