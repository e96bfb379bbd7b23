"""A run's pieces as one MP4, by copying packets. `export` is the whole of it; the rest is how."""

from archives.media.export.assemble import export
from archives.media.export.plan import (
    ExportCancelled,
    ExportError,
    ExportPlan,
    ExportReport,
    GapSpan,
    PieceSpan,
    SeamReport,
)

__all__ = [
    "ExportCancelled", "ExportError", "ExportPlan", "ExportReport", "GapSpan", "PieceSpan", "SeamReport",
    "export",
]  # fmt: skip
