"""What can go wrong in the commands.

LocalError
    PortError           the port is taken, or is not one
    StepError           a step failed; carries the useful part of its output
    StoppedError        somebody asked to stop
    StatusError         it is no HTTP status
    SecretError         it is no webhook's signing secret
    NotRunningError     nothing is running that could be followed
    NetworkFileError    the file to import is missing or can't be read
    UnreadableTextError what is in a file is not what its name says
    SendError           a file of activities can't be sent, or not go on
        ActivityFileError   the file is missing, or is not one that can be sent
        TargetError         it is not clear, or not safe, where to send it
        UnsettledError      what was sent was not answered with results
        InterruptedSendError somebody asked to stop
    PeriodError         what should bound a period is no time, or bounds nothing
    ExportFilesError    an export to read is missing, or is not whole
    SealFilesError      a folder or bucket that should have seals has none, or can't be read
    QuestionError       it is no question that an export answers, or it can't answer it
"""


class LocalError(Exception):
    """Says in its message what the person at the terminal should know, in one line."""


class PortError(LocalError):
    """The port cannot be listened on."""


class StatusError(LocalError):
    """What a receiver was to answer is no HTTP status."""


class SecretError(LocalError):
    """What deliveries were to be checked with is no signing secret."""


class StepError(LocalError):
    """A step failed. `output` is the end of what it printed, for people to read."""

    def __init__(self, message: str, output: str = "") -> None:
        super().__init__(message)
        self.output = output


class StoppedError(LocalError):
    """Stopping was asked for before the stack was up."""


class NotRunningError(LocalError):
    """There is no running stack."""


class NetworkFileError(LocalError):
    """The file to import is missing or can't be read."""


class PeriodError(LocalError):
    """What should bound a period is no time, or bounds nothing."""


class ExportFilesError(LocalError):
    """The files of an export are missing, not whole, or where they should not be."""


class SealFilesError(LocalError):
    """A folder or bucket that should have seals has none, or can't be read."""


class QuestionError(LocalError):
    """It is no question that an export answers, or not all that it needs was exported."""


class UnreadableTextError(LocalError):
    """The text can't be read, from `line` on."""

    def __init__(self, line: int, message: str) -> None:
        super().__init__(message)
        self.line = line


class SendError(LocalError):
    """A file of activities can't be sent, or not go on; nothing is lost by it."""


class ActivityFileError(SendError):
    """The file of activities is missing, or is not one that can be sent."""


class TargetError(SendError):
    """It is not clear, or not safe, where to send the file."""


class UnsettledError(SendError):
    """A batch was not answered with its results, and sending it again now would not help."""


class InterruptedSendError(SendError):
    """Stopping was asked for before the end of the file."""
