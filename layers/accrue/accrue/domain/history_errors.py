"""Why a membership's history is not added up.

RefusalError
`-- TooManyPostingsError        more was posted since than one answer can look at
"""

from accrue.domain.errors import Fault, RefusalError


class TooManyPostingsError(RefusalError):
    """So much was posted since a moment that it can't be looked at in one answer."""

    def __init__(self, pointer: str, most: int) -> None:
        super().__init__(
            f"More than {most:,} postings of the membership were recorded since then.",
            [
                Fault(
                    pointer, f"is too long ago for this membership: at most {most:,} postings since"
                )
            ],
        )
