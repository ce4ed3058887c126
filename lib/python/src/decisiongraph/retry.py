"""How often and how long a call is tried again."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class RetryPolicy:
    """Jittered exponential back-off, cut by a number of attempts and by a deadline over everything.

    Attributes:
        attempts: in all, the first one included; 1 never tries again.
        first_pause: ceiling of the first pause in seconds; it doubles with each attempt.
        longest_pause: ceiling of any pause that the service did not ask for, in seconds.
        deadline: seconds for the whole call, attempts and pauses together. No pause is begun that would pass it, not even one
            the service asked for, and the last attempt is cut off there.
    """

    attempts: int = 6
    first_pause: float = 0.1
    longest_pause: float = 3.0
    deadline: float = 30.0

    def __post_init__(self) -> None:
        if self.attempts < 1 or self.deadline <= 0 or self.first_pause < 0 or self.longest_pause < 0:
            raise ValueError("attempts and deadline must be above 0, pauses not below")

    def pause(self, failed: int, retry_after: float | None, spent: float, jitter: float) -> float | None:
        """Seconds until attempt ``failed + 1``, or None when it is time to give up.

        ``spent`` is the time since the call began, ``jitter`` lies in [0, 1). The pause is between half its ceiling and its ceiling,
        so that callers who failed together do not return together; it is never shorter than ``retry_after``.
        """
        if failed >= self.attempts:
            return None
        pause = max(self.ceiling(failed) * (0.5 + 0.5 * jitter), retry_after or 0.0)
        return pause if spent + pause < self.deadline else None

    def ceiling(self, failed: int) -> float:
        """The longest pause after so many failures, in seconds."""
        return min(self.first_pause * 2.0 ** min(failed - 1, 30), self.longest_pause)


NEVER = RetryPolicy(attempts=1)
"""Never tries again."""
PATIENT = RetryPolicy(attempts=1000, longest_pause=5.0, deadline=120.0)
"""For jobs that should outlive a restart of the service."""
