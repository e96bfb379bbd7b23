"""Measures, in the media itself, how two neighbouring recordings of one call overlap; pure of Django."""

from .measurement import FOUND, SURE, SeamMeasure, SourceEstimate, from_times, measure
from .pieces import MediaSource, Piece, UnreadableMedia

__all__ = [
    "FOUND",
    "SURE",
    "MediaSource",
    "Piece",
    "SeamMeasure",
    "SourceEstimate",
    "UnreadableMedia",
    "from_times",
    "measure",
]
