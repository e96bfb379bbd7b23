"""Pages without a browser: they connect, publish counted pictures and speech-like sound, and are recorded."""
