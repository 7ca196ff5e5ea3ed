"""What an activity costs elsewhere: the same job as ours, done as public documentation does it.

Hang's POST and the function behind the ledger's stream, of Powertools' and boto3's own pages: the
`stock` baseline follows them, with random activity ids, records one at a time and whole events in
the log; `correct` is that with what it lacks to give nothing twice. Both run on x86_64, Lambda's
default.
"""
