"""Sends events to subscribers: one thread takes what is due, a bounded pool talks to receivers."""
