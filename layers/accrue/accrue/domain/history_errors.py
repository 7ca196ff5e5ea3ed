"""Why a membership's history is not added up.

RefusalError
`-- TooManyPostingsError        more was posted since than one answer can look at
"""

from accrue.domain.errors import Fault, RefusalError


class TooManyPostingsError(RefusalError):
    """So much was posted since a moment that it can't be looked at in one answer."""

    def __init__(self, pointer: str, most: int, most_megabytes: int) -> None:
        super().__init__(
            "Too much was posted for the membership since then to be added up in one answer.",
            [
                Fault(
                    pointer,
                    f"is too long ago for this membership: at most {most:,} postings since, and"
                    f" {most_megabytes} MB of them",
                )
            ],
        )
