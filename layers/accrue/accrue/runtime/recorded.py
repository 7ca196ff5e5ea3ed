"""The headers that tell what became of a request to record something."""


def recorded_headers(activity_id: str, *, replayed: bool, is_dry_run: bool) -> dict[str, str]:
    """Which activity it is, and whether it was there before; of a dry run, only one that was."""
    headers = {"Accrue-Dry-Run": "true"} if is_dry_run else {}
    if replayed or not is_dry_run:
        headers["Accrue-Activity-Id"] = activity_id
    if replayed:
        headers["Idempotent-Replayed"] = "true"
    return headers
