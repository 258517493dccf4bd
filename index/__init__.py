"""The library: files → papers → sentences → Chroma → hits. Knows nothing of the assistant."""
