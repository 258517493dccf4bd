"""Answers written by any LangChain chat model, every claim checked before it is shown."""

from assistant.generative.models import load_model
from assistant.generative.prompting import CANNOT_ANSWER
from assistant.generative.replies import ReplyError
from assistant.generative.writing import Draft, rewrite, write

__all__ = ["CANNOT_ANSWER", "Draft", "ReplyError", "load_model", "rewrite", "write"]
