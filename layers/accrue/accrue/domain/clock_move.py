"""What an administrator sends to move a sandbox's clock."""

from typing import Annotated

from pydantic import AwareDatetime, BeforeValidator

from accrue.domain.program.parts import Document
from accrue.domain.program.times import moment_with_offset


class ClockMove(Document):
    """Where an administrator wants the clock to be."""

    # How far from now it may be, the clock itself says.
    now: Annotated[AwareDatetime, BeforeValidator(moment_with_offset)]
