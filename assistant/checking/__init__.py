"""Does the quote support the claim? Pure functions, no model."""

from assistant.checking.conflicts import conflicts
from assistant.checking.support import Aliases, Verdict, find_quote, supports

__all__ = ["Aliases", "Verdict", "conflicts", "find_quote", "supports"]
