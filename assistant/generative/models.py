"""Loading and calling a LangChain chat model; its failures become one sentence each."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

from assistant.errors import AssistantError, ModelError, SettingsError

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel
    from langchain_core.messages import BaseMessage

TIMEOUT_SECONDS: Final = 60.0
"""How long one request may take: long enough for a slow local model, short enough for a person who waits."""

RETRIES: Final = 2
"""How often a provider's own client tries again after a rate limit or a lost connection."""

OLLAMA_CONTEXT: Final = 8192
"""Context of local models in tokens: Ollama's default is smaller and silently cuts off the front of a prompt."""

_KEYS: Final = {
    "openai": ("OPENAI_API_KEY",),
    "anthropic": ("ANTHROPIC_API_KEY",),
    "google_genai": ("GOOGLE_API_KEY", "GEMINI_API_KEY"),
    "mistralai": ("MISTRAL_API_KEY",),
    "groq": ("GROQ_API_KEY",),
    "cohere": ("COHERE_API_KEY",),
    "deepseek": ("DEEPSEEK_API_KEY",),
    "together": ("TOGETHER_API_KEY",),
    "fireworks": ("FIREWORKS_API_KEY",),
    "xai": ("XAI_API_KEY",),
    "perplexity": ("PPLX_API_KEY", "PERPLEXITY_API_KEY"),
    "openrouter": ("OPENROUTER_API_KEY",),
    "nvidia": ("NVIDIA_API_KEY",),
    "upstage": ("UPSTAGE_API_KEY",),
}
"""Variables that hold the key of a provider; any one of them will do."""

_EMPTY_REPLY: Final = "No generation chunks were returned"
"""What LangChain raises for a reply without a word (langchain-core 1.7); an empty reply is no failure."""

_FORM: Final = (
    "write it as provider:model, such as openai:gpt-5-mini, anthropic:claude-haiku-4-5 or ollama:llama3.1"
)


def load_model(name: str) -> BaseChatModel:
    """Return the chat model of a name such as `openai:gpt-5-mini`.

    Nothing is sent to the provider here.

    Raises:
        SettingsError: the name has no provider prefix or no model.
        ModelError: the provider is unknown, its package is not installed, its key is not set, or it refuses
            the settings.
    """
    provider, _, model = name.strip().partition(":")
    provider = provider.strip().replace("-", "_").lower()
    if not provider or not model.strip():
        raise SettingsError(f"The model name '{name}' cannot be used; {_FORM}.")
    options: dict[str, Any] = {"timeout": TIMEOUT_SECONDS, "max_retries": RETRIES}
    if provider == "ollama":
        options = {"client_kwargs": {"timeout": TIMEOUT_SECONDS}, "num_ctx": OLLAMA_CONTEXT}
    return _created(provider, model.strip(), options)


def _created(provider: str, model: str, options: dict[str, Any]) -> BaseChatModel:
    from langchain.chat_models import init_chat_model

    keys = _KEYS.get(provider, ())
    try:
        made: BaseChatModel = init_chat_model(model, model_provider=provider, temperature=0, **options)
    except ImportError as error:
        package = _package(error, provider)
        raise ModelError(
            f"The provider '{provider}' needs the package {package}; install it with: pip install {package}"
        ) from error
    except Exception as error:  # each provider's client has errors of its own
        if type(error) is ValueError and "Unsupported provider" in str(error):
            raise ModelError(f"LangChain knows no provider '{provider}'; {_FORM}.") from None
        if keys and not any(os.environ.get(key) for key in keys):
            raise ModelError(_no_key(provider, keys)) from None
        # The provider's own words are left out: they may hold the key.
        raise ModelError(
            f"The model '{provider}:{model}' cannot be set up ({type(error).__name__}); check its name and the "
            f"key and settings that its provider needs."
        ) from None
    if keys and not any(os.environ.get(key) for key in keys):
        raise ModelError(_no_key(provider, keys))
    return made


def _package(error: ImportError, provider: str) -> str:
    """Return the package that LangChain asks for, from its message `… pip install langchain-x`."""
    _, found, rest = str(error).partition("pip install ")
    return rest.split("`")[0].strip() if found else f"langchain-{provider.replace('_', '-')}"


def _no_key(provider: str, keys: Sequence[str]) -> str:
    return f"The provider '{provider}' needs a key; set the variable {' or '.join(keys)}."


def replies(model: BaseChatModel, messages: Sequence[BaseMessage]) -> Iterator[str]:
    """Yield a model's reply to messages as it grows, each time the whole text so far.

    The model gets no tools. A model that takes no temperature, as some newer ones, is asked again without.

    Raises:
        ModelError: the provider does not answer; one sentence, never with the provider's own words.
    """
    with provider_errors():
        try:
            yield from _growing(model, messages)
        except Exception as error:
            if "temperature" not in str(error).lower() or getattr(model, "temperature", None) is None:
                raise
            yield from _growing(model.model_copy(update={"temperature": None}), messages)


def _growing(model: BaseChatModel, messages: Sequence[BaseMessage]) -> Iterator[str]:
    text = ""
    try:
        for chunk in model.stream(list(messages)):
            if chunk.text:
                text += chunk.text
                yield text
    except ValueError as error:
        if str(error) != _EMPTY_REPLY:
            raise


@contextmanager
def provider_errors() -> Iterator[None]:
    """Turn whatever a provider's client raises into a `ModelError` of one sentence."""
    try:
        yield
    except AssistantError:
        raise
    except Exception as error:
        raise ModelError(_sentence(error)) from error


def _sentence(error: Exception) -> str:
    """Return what happened and what to do; by type and status, since messages may hold a key."""
    from langchain_core import exceptions as kinds

    status = getattr(error, "status_code", None)
    name = type(error).__name__
    if isinstance(error, kinds.ModelRateLimitError) or status == 429:
        return "The language model's provider refuses more requests for now (rate limit); wait a minute and ask again."
    if isinstance(error, kinds.ModelAuthenticationError | kinds.ModelPermissionDeniedError) or status in (
        401,
        403,
    ):
        return (
            "The language model's provider does not accept the key; check the key variable of that provider."
        )
    if isinstance(error, kinds.ModelNotFoundError) or status == 404:
        return "The language model's provider does not know this model; check the name of the model."
    if isinstance(error, kinds.ContextOverflowError):
        return "The question and its passages are too long for this language model; take one with a larger context."
    if isinstance(error, kinds.ModelTimeoutError | TimeoutError) or "Timeout" in name:
        return "The language model did not answer in time; ask again, or take a faster model."
    if isinstance(error, kinds.ModelConnectionError | ConnectionError) or "Connect" in name:
        return "The language model cannot be reached; check the network, or that its local server runs."
    return f"The language model did not answer ({name}); ask again, or take the built-in reader: extractive."
