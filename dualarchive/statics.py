"""Static files under names that change with their content, so that browsers keep them for good."""

from whitenoise.storage import CompressedManifestStaticFilesStorage  # type: ignore[import-untyped]


class HashedStatics(CompressedManifestStaticFilesStorage):
    """ES modules too: under their plain names each would be asked for again on every visit, one by one."""

    support_js_module_import_aggregation = True
    # A module's name hangs on those of its imports: as many passes as imports are deep.
    max_post_process_passes = 20
