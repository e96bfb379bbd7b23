"""The old path of media tasks: queues that were filled before an upgrade name them by it. For one version."""

from archives.media.tasks import keep_segment, make_export, make_preview, measure_seam

__all__ = ["keep_segment", "make_export", "make_preview", "measure_seam"]
