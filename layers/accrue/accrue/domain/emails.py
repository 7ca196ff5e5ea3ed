"""Emails: how two of them are compared."""

import unicodedata


def normalize_email(email: str) -> str:
    """The form in which two emails of one account are equal: case and composition don't matter.

    Nothing is stripped; an email with spaces around it is refused at the door instead.
    """
    # Unicode's canonical caseless match: decomposed first, because case folding of some composed
    # letters depends on it.
    return unicodedata.normalize("NFC", unicodedata.normalize("NFD", email).casefold())
