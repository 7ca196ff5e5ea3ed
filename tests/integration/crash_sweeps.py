"""Which tests stop each function that may write, at every call that it makes."""

from collections.abc import Mapping, Sequence

ADMINISTRATION = "test_administration_crash_sweep"
RECORDING = "test_crash_sweep"
SPENDING = "test_spending_crash_sweep"
USERS = "test_users_crash_sweep"

SWEEPS: Mapping[str, Sequence[str]] = {
    "record_membership_activity": (RECORDING, SPENDING),
    "record_network_activity": (RECORDING, "test_automatic_enrolment"),
    "record_activity_batch": ("test_record_activity_batch_failures",),
    "redeem_points": (SPENDING,),
    "hold_points": (SPENDING,),
    "capture_hold": (SPENDING,),
    "release_hold": (SPENDING,),
    "adjust_points": (SPENDING,),
    "reverse_activity": ("test_reversal_crash_sweep",),
    "apply_rules": (RECORDING, SPENDING),
    "reconcile": (RECORDING, "test_reconcile"),
    "apply_due": (SPENDING, "test_apply_due"),
    "import_catalog": (RECORDING,),
    "administer_networks": (ADMINISTRATION,),
    "administer_api_keys": (ADMINISTRATION,),
    "administer_activity_types": (ADMINISTRATION,),
    "administer_programs": (ADMINISTRATION,),
    "administer_network_document": (ADMINISTRATION,),
    "administer_users": (USERS,),
    "create_program_membership": (USERS,),
    "administer_clock": (ADMINISTRATION, "test_apply_due"),
    "administer_webhooks": (ADMINISTRATION,),
    "publish_events": ("test_publish_events_crashes", "test_deliver_webhook"),
    "deliver_webhook": ("test_deliver_webhook",),
    "seal_ledger": ("test_seal_ledger_crash_sweep",),
    "administer_jobs": (ADMINISTRATION, "test_jobs_stopped"),
    "run_job": ("test_jobs_stopped", "test_replay_crash_sweep", "test_jobs"),
}
FILES = sorted({f"tests/integration/{each}.py" for modules in SWEEPS.values() for each in modules})
# What all of their names have, and few others'.
TESTS = "stopped"
