"""Every kind of job, most urgent first. What works on jobs goes over this table and knows no kind by name."""

from archives.services.jobs import content, exports, ingest, previews, seams
from archives.services.jobs.kinds import Kind

# What the platform will delete comes first, what somebody waits for next.
KINDS: dict[str, Kind] = {
    kind.name: kind for kind in (ingest.KIND, seams.KIND, exports.KIND, previews.KIND, content.KIND)
}
