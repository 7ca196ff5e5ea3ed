"""Emails: how two of them are compared."""

import unicodedata


def normalize_email(email: str) -> str:
    """The form in which two emails of one account are equal: case and composition don't matter.

    Nothing is stripped; an email with spaces around it is refused at the door instead. Lower case
    and not case folding, which makes one account of strasse@ and stra\u00dfe@.
    """
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", email).lower())
