"""The end of a `match` that has a case for every kind: `case _: raise MissingCaseError(value)`."""

from __future__ import annotations

from typing import NoReturn


class MissingCaseError(AssertionError):
    """Never raised: a type checker finds each kind that the `match` leaves out.

    What gets to the last case then has a type, which is no `NoReturn`. It is what
    `typing.assert_never` does, which Python has from 3.11 on.
    """

    def __init__(self, value: NoReturn, /) -> None:
        super().__init__(f"no case for {value!r}")
