"""Why a picture is not with the gateway. The errors are drawn in the tree of plexsend.errors."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from plexsend.errors import PlexsendError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from plexsend.errors import Problem

FIT: Final = "--fit (fit=True) converts it."
"""The remedy of a picture that could be converted, for whoever uploads it."""


class PictureRefused(PlexsendError):
    """A picture that the gateway would refuse, or refused, with every problem found in it."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__(" ".join(str(problem) for problem in self.problems))


class UploadFailed(PlexsendError):
    """A picture is good and could not be uploaded: the gateway is away, or refuses the account.

    Nothing is lost, and messages that show the picture were not added. `code` is the gateway's, or a word of
    plexsend for what failed. Where `again` is true the same call may succeed later; else a person must act.
    """

    def __init__(self, text: str, code: str, *, again: bool) -> None:
        self.code = code
        self.again = again
        super().__init__(text)
