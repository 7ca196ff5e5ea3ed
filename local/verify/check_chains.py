"""Postings and balances, membership by membership."""

from itertools import chain as one_after_the_other

from local.verify.chain import Chain, StoredBalance, posting_name
from local.verify.findings import Change, Finding, Findings
from local.verify.linked_posting import chains
from local.verify.read_items import ReadItems

_MISSING = """
SELECT s.network, s.membership, s.sequence, s.id, s.hash, s.seal FROM sealed_postings s
LEFT JOIN postings p ON p.network = s.network AND p.membership = s.membership AND p.id = s.id
WHERE p.id IS NULL"""
_LOST = f"{_MISSING} AND s.network = ? AND s.membership = ?"
_BALANCE = """
SELECT sequence, last_hash, points, problem FROM balances WHERE network = ? AND membership = ?"""
_WITHOUT_POSTINGS = """
SELECT b.network, b.membership FROM balances b WHERE NOT EXISTS
  (SELECT 1 FROM postings p WHERE p.network = b.network AND p.membership = b.membership)"""

# Where a chain ends.
BEHIND_ALL = 10**15


def check_chains(read: ReadItems, findings: Findings, began: str, *, has_balances: bool) -> None:
    """Find postings and balances that were changed, removed or added. What was posted after it
    `began` may lack its balance, and anything if what was read does not have them all.
    """
    for network_id, membership_id, sequence, activity_id, sealed, seal in read.select(_MISSING):
        name, because = posting_name(membership_id, activity_id), f"its hash was {sealed}."
        findings.add(
            Finding(
                *(network_id, membership_id, name, Change.MISSING, because),
                number=sequence,
                seal=seal,
            )
        )
    for (network_id, membership_id), postings in chains(read):
        chain = _chain(read, findings, began, network_id, membership_id)
        first = next(postings)
        if chain.balance is None and has_balances and first.posted_at < began:
            because = f"there is posting {first.sequence} of it."
            _tell_balance(findings, network_id, membership_id, Change.MISSING, because)
        chain.check(one_after_the_other([first], postings))
    for network_id, membership_id in list(read.select(_WITHOUT_POSTINGS)):
        _chain(read, findings, began, network_id, membership_id).check(())


def _chain(
    read: ReadItems, findings: Findings, began: str, network_id: str, membership_id: str
) -> Chain:
    key = (network_id, membership_id)
    balance = next((StoredBalance(*found) for found in read.select(_BALANCE, *key)), None)
    if balance is not None and balance.problem:
        _tell_balance(findings, *key, Change.CHANGED, balance.problem)
        balance = None
    lost = frozenset(found[2] for found in read.select(_LOST, *key))
    return Chain(*key, balance, began, findings, lost=lost)


def _tell_balance(
    findings: Findings, network_id: str, membership_id: str, change: Change, because: str
) -> None:
    name = f"balance of {membership_id}"
    findings.add(Finding(network_id, membership_id, name, change, because, number=BEHIND_ALL))
