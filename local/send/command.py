"""`make send FILE=activities.csv`: sends a file of activities; docs/files.md is its guide.

`DRY_RUN=true` only tries it out, `RESULTS=` says where the results go. It is sent to the running
stack, or to `NETWORK=` of the one at `URL=`, with the key in ACCRUE_API_KEY.
"""

import os
import sys

from local.errors import LocalError
from local.send.display import summed_up
from local.send.job import read_job
from local.send.sending import send
from local.send.settling import Waits
from local.stopping import Stop, stop_on_signals

SOME_REFUSED = 1
COULD_NOT_GO_ON = 2


def main() -> int:
    """Exit status 0 if no row was refused, 1 if some were, 2 if it could not go on."""
    try:
        with stop_on_signals(stop := Stop()):
            job = read_job(os.environ)
            position = send(job, stop, Waits())
    except LocalError as error:
        print(f"make send: {error}", file=sys.stderr)
        return COULD_NOT_GO_ON
    tried = "tried out" if job.target.dry_run else "sent"
    print(f"{position.counts.rows:,} rows {tried}: {summed_up(position)}")
    print(f"Results: {job.results}")
    return SOME_REFUSED if position.counts.refused else 0
