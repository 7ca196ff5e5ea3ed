"""What Accrue promises, come what may. Guards name these by number."""

from collections.abc import Mapping

INVARIANTS: Mapping[int, str] = {
    1: "What is acknowledged is in the ledger, once for each idempotency key, for ever.",
    2: "The same request gets the same answer, however often; another one under its key, none.",
    3: "A membership's posted lines are its balance, and nothing is awarded because of a bug.",
    4: "A balance is the fold of its activities, each exactly once, in the order that is stated.",
    5: "Ledger rows and postings are never changed or deleted.",
    6: "No request reads or writes another network's data.",
    7: "No acknowledged activity is without its outcome for long.",
    8: "Points and amounts are exact, and bounded before anything is computed with them.",
    9: "Nothing personal is in a key, a row, a posting or a log.",
    10: "What can never be changed carries what it takes to be read and checked for ever.",
}
