"""Where the tasks of media work were until 0.2: queues that were filled before an upgrade name them by this path.

They may go with the version after.
"""

from archives.media.tasks import keep_segment, make_export, make_preview, measure_seam

__all__ = ["keep_segment", "make_export", "make_preview", "measure_seam"]
