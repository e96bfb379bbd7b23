"""The shapes that the API answers with; times are ISO 8601 in UTC, lengths integer milliseconds."""

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from archives.api import reasons
from archives.api.runs.account import AbsentSerializer, AccountSerializer, account_json
from archives.api.runs.timeline import preview_url
from archives.models import RESTART_AFTER_MAX, RESTART_AFTER_MIN, ArchiveRun, Room, Segment, Sending, Side
from archives.services import accounts
from archives.services.jobs.previews import COVER
from archives.services.library import RETENTION_MAX
from archives.services.people.absences import LONGEST_MS
from archives.timeline.causes import sentence
from archives.timeline.rows import cause_of
from archives.web import access


class SegmentSerializer(serializers.ModelSerializer[Segment]):
    number = serializers.SerializerMethodField(help_text="From 1.")
    cause = serializers.SerializerMethodField(help_text="Why it ended or is lost, in people's words.")
    started_at = serializers.DateTimeField(read_only=True, allow_null=True)
    stopped_at = serializers.DateTimeField(read_only=True, allow_null=True)

    class Meta:
        model = Segment
        fields = (
            "id",
            "number",
            "ordinal",
            "session",
            "status",
            "started_at",
            "stopped_at",
            "duration_ms",
            "reason",
            "cause",
        )

    def get_number(self, segment: Segment) -> int:
        return segment.ordinal + 1

    def get_cause(self, segment: Segment) -> str:
        cause = cause_of(segment)
        return sentence(cause, "host") if cause and not segment.is_live else ""


class KeptSegmentSerializer(SegmentSerializer):
    """In one run's answer: also which archive it is, and whether its file is stored."""

    kept_at = serializers.DateTimeField(source="stored_at", read_only=True, allow_null=True)
    keep_error = serializers.SerializerMethodField(help_text="Why its file is not stored.")

    def get_keep_error(self, segment: Segment) -> str:
        return reasons.sentence(reasons.file_code(segment))

    class Meta(SegmentSerializer.Meta):
        fields = (  # type: ignore[assignment]
            *SegmentSerializer.Meta.fields,
            "archive_id",
            "size",
            "kept_at",
            "keep_error",
        )


class RunSerializer(serializers.ModelSerializer[ArchiveRun]):
    room: serializers.SlugRelatedField[Room] = serializers.SlugRelatedField(slug_field="slug", read_only=True)
    room_name = serializers.CharField(source="room.name", read_only=True)
    segment_count = serializers.IntegerField(read_only=True)
    hosted = serializers.BooleanField(
        read_only=True,
        help_text="Whether you are a host of its room: may rename, share, export and trash it.",
    )
    error = serializers.SerializerMethodField(help_text="Why it failed, or what prevents it now.")

    def get_error(self, run: ArchiveRun) -> str:
        return reasons.run_error(run)

    class Meta:
        model = ArchiveRun
        fields = (
            "id",
            "name",
            "room",
            "room_name",
            "status",
            "strategy",
            "created_at",
            "started_at",
            "ended_at",
            "restart_due_at",
            "error",
            "segment_count",
            "trashed_at",
            "legal_hold",
            "hosted",
        )


class ListedRunSerializer(RunSerializer):
    """In a list: also what is missing, and a picture."""

    result = serializers.CharField(source="summary.result", read_only=True)
    duration_ms = serializers.IntegerField(source="summary.duration_ms", read_only=True)
    missing_ms = serializers.IntegerField(source="summary.missing_ms", read_only=True)
    lost_ms = serializers.IntegerField(source="summary.lost_ms", read_only=True)
    gap_count = serializers.IntegerField(source="summary.gap_count", read_only=True)
    picture = serializers.SerializerMethodField(
        help_text="The run's thumbnails in one picture, 160x90 each, the first at its left upper corner."
    )

    class Meta(RunSerializer.Meta):
        fields = (  # type: ignore[assignment]
            *RunSerializer.Meta.fields,
            "result",
            "duration_ms",
            "missing_ms",
            "lost_ms",
            "gap_count",
            "picture",
        )

    def to_representation(self, run: ArchiveRun) -> dict[str, Any]:
        run.summary = accounts.current(run)  # type: ignore[attr-defined]
        return super().to_representation(run)

    def get_picture(self, run: ArchiveRun) -> str | None:
        folder = run.picture_folder  # type: ignore[attr-defined]  # annotated too
        return preview_url(run, COVER, folder)


class RunDetailSerializer(RunSerializer):
    segments = KeptSegmentSerializer(many=True, read_only=True)
    account = serializers.SerializerMethodField()
    restart_after_s = serializers.FloatField(
        source="restart_after", read_only=True, help_text="Age of a segment at which a restart is due."
    )

    class Meta(RunSerializer.Meta):
        fields = (*RunSerializer.Meta.fields, "restart_after_s", "retention_days", "segments", "account")  # type: ignore[assignment]

    @extend_schema_field(AccountSerializer)
    def get_account(self, run: ArchiveRun) -> dict[str, Any]:
        return account_json(accounts.current(run))


class StartSerializer(serializers.Serializer):
    name = serializers.CharField(max_length=200)
    room = serializers.SlugField(required=False, help_text="The default room where left out.")
    restart_after_s = serializers.IntegerField(
        required=False,
        allow_null=True,
        min_value=RESTART_AFTER_MIN,
        max_value=RESTART_AFTER_MAX,
        help_text="Age of a segment at which a restart is due; the room's where left out.",
    )


class RetentionSerializer(serializers.Serializer):
    retention_days = serializers.IntegerField(
        allow_null=True,
        min_value=0,
        max_value=RETENTION_MAX,
        help_text="Days from its end; 0 for ever, null as the setting says.",
    )


class RenameSerializer(serializers.Serializer):
    name = serializers.CharField(max_length=200)


class HoldSerializer(serializers.Serializer):
    why = serializers.CharField(required=False, max_length=200, help_text="Stands in the run's story.")


class PostponeSerializer(serializers.Serializer):
    seconds = serializers.IntegerField(min_value=1, max_value=86_400)


class SpanSerializer(serializers.Serializer):
    kind = serializers.ChoiceField(choices=["segment", "gap"])
    segment = serializers.UUIDField(allow_null=True)
    session = serializers.CharField(allow_null=True)
    url = serializers.CharField(allow_null=True)
    start_ms = serializers.IntegerField(help_text="Where the span begins in the run.")
    in_ms = serializers.IntegerField(help_text="Where it begins in the segment; 0 in a gap.")
    out_ms = serializers.IntegerField(help_text="Where it ends in the segment; a gap's length.")
    change_from_ms = serializers.IntegerField(
        allow_null=True, help_text="From here in the run the segment before shows the same."
    )
    change_until_ms = serializers.IntegerField(allow_null=True, help_text="Until here it does.")
    cause = serializers.CharField(required=False, help_text="Gaps only: why, in people's words.")
    causes = serializers.ListField(child=serializers.CharField(), required=False, help_text="As codes.")


class AbsenceSerializer(AbsentSerializer):
    """One person is missing although something was recorded."""

    start_ms = serializers.IntegerField(help_text="Since when in the run, to about a second.")
    end_ms = serializers.IntegerField(help_text="Until when.")


class RemarkSerializer(serializers.Serializer):
    """A visible or audible fault in what the run shows."""

    segment = serializers.UUIDField()
    code = serializers.CharField(
        help_text="black, frozen, no_video, wrong_size, silent, clipped, tile_dark …"
    )
    start_ms = serializers.IntegerField(help_text="Where it begins in the run.")
    end_ms = serializers.IntegerField(help_text="Until when.")
    values = serializers.DictField(child=serializers.IntegerField(), help_text="How much, such as skew_ms.")
    text = serializers.CharField(help_text="A sentence for viewers.")


class OffsetsSerializer(serializers.Serializer):
    run = serializers.UUIDField()
    duration_ms = serializers.IntegerField(help_text="Of what can be played.")
    began_at_ms = serializers.IntegerField(help_text="Unix time at the run's 0.")
    account = AccountSerializer()
    spans = SpanSerializer(many=True)
    absences = AbsenceSerializer(many=True)
    remarks = RemarkSerializer(many=True)
    thumbnails = serializers.CharField(
        allow_null=True, help_text="WebVTT: each cue names a part of the picture beside it, #xywh=x,y,w,h."
    )
    levels = serializers.CharField(
        allow_null=True, help_text="JSON {every_ms, peaks}: the loudest sample, 0 to 1, of each interval."
    )
    captions = serializers.CharField(allow_null=True, help_text="WebVTT in the run's own time.")


class LiveRunSerializer(serializers.ModelSerializer[ArchiveRun]):
    class Meta:
        model = ArchiveRun
        fields = ("id", "name", "status", "started_at")


class RoomSerializer(serializers.ModelSerializer[Room]):
    access = serializers.CharField(source="access_used", read_only=True)

    class Meta:
        model = Room
        fields = ("slug", "name", "access")


class HostedRoomSerializer(RoomSerializer):
    """For hosts: what is being recorded, and the text of an invitation."""

    run = serializers.SerializerMethodField()
    invitation = serializers.SerializerMethodField()

    class Meta(RoomSerializer.Meta):
        fields = (*RoomSerializer.Meta.fields, "run", "invitation")  # type: ignore[assignment]

    @extend_schema_field(LiveRunSerializer(allow_null=True))
    def get_run(self, room: Room) -> dict[str, object] | None:
        live = room.live_runs  # type: ignore[attr-defined]  # fetched with the rooms
        return dict(LiveRunSerializer(live[0]).data) if live else None

    def get_invitation(self, room: Room) -> str | None:
        standing = room.standing_for_all  # type: ignore[attr-defined]  # fetched with the rooms
        return access.link_text(standing[0]) if standing else None


class StepSerializer(serializers.Serializer):
    name = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment]  # a field's name here, the field's own label there
    state = serializers.ChoiceField(choices=["done", "active", "waiting", "failed"])


class RestartStateSerializer(serializers.Serializer):
    id = serializers.UUIDField()
    strategy = serializers.CharField()
    step = serializers.CharField()
    status = serializers.CharField()
    steps = StepSerializer(many=True)
    expected = serializers.IntegerField()
    arrived = serializers.IntegerField()
    missing = serializers.ListField(child=serializers.CharField(), required=False, help_text="Hosts only.")
    error = serializers.CharField(required=False, allow_blank=True, help_text="Hosts only.")


class AlarmSerializer(serializers.Serializer):
    code = serializers.CharField()
    message = serializers.CharField()
    since = serializers.DateTimeField()


class RunStateSerializer(serializers.Serializer):
    id = serializers.UUIDField()
    name = serializers.CharField()
    status = serializers.CharField()
    started_at = serializers.DateTimeField(allow_null=True)
    recorded_since = serializers.DateTimeField(allow_null=True)
    receives_media = serializers.BooleanField(
        help_text="Whether the platform reports that media reaches one of its archives now."
    )
    elapsed_ms = serializers.IntegerField()
    restart_due_at = serializers.DateTimeField(allow_null=True)
    limit_at = serializers.DateTimeField(allow_null=True)
    segments = SegmentSerializer(many=True)
    restart = RestartStateSerializer(allow_null=True)
    alarms = AlarmSerializer(many=True, required=False, help_text="Hosts only.")
    account = AccountSerializer(required=False, help_text="Hosts only: what is missing so far.")
    absences = AbsentSerializer(many=True, required=False, help_text="Hosts only; those of `account`.")


class RoomNameSerializer(serializers.ModelSerializer[Room]):
    class Meta:
        model = Room
        fields = ("slug", "name")


class StateSerializer(serializers.Serializer):
    room = RoomNameSerializer()
    now = serializers.DateTimeField()
    secondary_wanted = serializers.BooleanField(
        help_text="Participants have to be in the second session now."
    )
    recording = serializers.BooleanField()
    run = RunStateSerializer(allow_null=True)


class SessionAccessSerializer(serializers.Serializer):
    session_id = serializers.CharField()
    token = serializers.CharField()


class JoinSerializer(serializers.Serializer):
    name = serializers.CharField(max_length=100)
    participant = serializers.CharField(required=False, help_text="From an earlier join of the same person.")
    invite = serializers.CharField(required=False, help_text="For rooms that need an invitation.")


class AwaySerializer(serializers.Serializer):
    participant = serializers.CharField(max_length=64, help_text="As `join` gave it.")
    name = serializers.CharField(required=False, max_length=200)
    away_ms = serializers.IntegerField(min_value=1, max_value=LONGEST_MS, help_text="How long it was away.")
    ago_ms = serializers.IntegerField(
        required=False,
        min_value=0,
        max_value=LONGEST_MS,
        help_text="How long it has been back; 0 where left out.",
    )
    stood_still = serializers.BooleanField(
        required=False, help_text="The browser stood still; its connection was not lost."
    )


class SentSerializer(serializers.Serializer):
    session = serializers.ChoiceField(choices=Side.choices)
    kind = serializers.ChoiceField(choices=["camera", "screen"])
    state = serializers.ChoiceField(
        choices=Sending.State.choices,
        help_text="By the browser's statistics: flows, silent (flowed before), none (never did), unknown.",
    )
    for_ms = serializers.IntegerField(
        required=False,
        min_value=0,
        max_value=LONGEST_MS,
        help_text="How long it has been so; 0 where left out.",
    )


class SendingSerializer(serializers.Serializer):
    participant = serializers.CharField(max_length=64, help_text="As `join` gave it.")
    name = serializers.CharField(required=False, max_length=200)
    media = SentSerializer(many=True, help_text="All that the page publishes now, unless it is muted.")


class JoinedSerializer(serializers.Serializer):
    participant = serializers.CharField()
    name = serializers.CharField()
    api_key = serializers.CharField()
    script_url = serializers.CharField()
    primary = SessionAccessSerializer()
    secondary = SessionAccessSerializer()
    state = StateSerializer()


class CredentialsSerializer(serializers.Serializer):
    username = serializers.CharField()
    password = serializers.CharField()


class TokenSerializer(serializers.Serializer):
    token = serializers.CharField()


class ErrorSerializer(serializers.Serializer):
    """Every error under /api/ and the seed's paths."""

    code = serializers.CharField()
    message = serializers.CharField()
    detail = serializers.JSONField(allow_null=True)
