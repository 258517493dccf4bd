"""Start the web chat at http://127.0.0.1:7860."""

from assistant import Assistant
from assistant.settings import Settings
from assistant.web import serve

if __name__ == "__main__":
    serve(Assistant(settings=Settings.from_env()), host="127.0.0.1", port=7860, auth=None)
