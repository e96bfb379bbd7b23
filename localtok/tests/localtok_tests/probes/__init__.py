"""One script of probes, run on the vendor's browser library and on localtok's, and a comparison of both.

Each `NAME.js` beside this is a group of probes. `NAME.differences.json` lists probes whose observations are
known to differ, each with its reason. Nothing here needs a network: neither library reaches a platform.
"""
