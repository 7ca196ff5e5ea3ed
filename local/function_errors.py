"""What the functions of a stack complained about, for the person who has to mend it."""

from typing import Any

from local.clients import client

LINES = 15
SIGNS = ("ERROR", "Error", "Traceback")


def error_lines(endpoint_url: str) -> str:
    """The end of each function's log that speaks of errors."""
    logs = client("logs", endpoint_url)
    groups = logs.describe_log_groups(logGroupNamePrefix="/accrue/")["logGroups"]
    return "".join(_complaint(logs, group["logGroupName"]) for group in groups)


def _complaint(logs: Any, group: str) -> str:  # noqa: ANN401 - a boto3 client
    events = logs.filter_log_events(logGroupName=group)["events"]
    lines = [event["message"].rstrip() for event in events]
    if not any(sign in line for line in lines for sign in SIGNS):
        return ""
    return "\n".join([f"-- {group}", *lines[-LINES:], ""])
