"""Who is in a recording at one instant: draws their pictures onto the canvas, and adds up their sound."""

from __future__ import annotations

from dataclasses import dataclass, field

from av import VideoFrame

from localtok.recording.compose.compositor import Compositor
from localtok.recording.compose.mixer import RATE, Mixer, Samples
from localtok.recording.compose.presentation import Layout, Member, tiles
from localtok.recording.receive.feed import Feed
from localtok.recording.settings import RecordedStream, RecorderSettings


@dataclass
class _Source:
    stream: RecordedStream
    feeds: list[Feed] = field(default_factory=list)
    picture: VideoFrame | None = None
    next_picture: VideoFrame | None = None


class Scene:
    """Streams in the order in which they came, each with the feeds that its media comes by."""

    def __init__(self, settings: RecorderSettings) -> None:
        self._settings = settings
        self._layout = settings.layout
        self._compositor = Compositor(settings.width, settings.height)
        self._mixer = Mixer()
        self._sources: dict[str, _Source] = {}

    @property
    def canvas(self) -> VideoFrame:
        return self._compositor.canvas

    @property
    def late_samples(self) -> int:
        return self._mixer.late

    def clear(self) -> None:
        """Lets go of all feeds and pictures."""
        self._sources.clear()
        self._compositor.clear()

    # -- who is there --

    def join(self, stream: RecordedStream, feed: Feed | None = None) -> None:
        source = self._sources.setdefault(stream.stream_id, _Source(stream))
        source.stream = stream
        if feed is not None:
            source.feeds = [older for older in source.feeds if not older.empty] + [feed]
        self._arrange()

    def change(self, stream: RecordedStream) -> None:
        source = self._sources.get(stream.stream_id)
        if source is None or source.stream == stream:
            return
        source.stream = stream
        self._arrange()

    def leave(self, stream_id: str) -> None:
        if self._sources.pop(stream_id, None) is not None:
            self._arrange()

    def set_layout(self, layout: Layout) -> None:
        self._layout = layout
        self._arrange()

    def _arrange(self) -> None:
        streams = {stream_id: source.stream for stream_id, source in self._sources.items()}
        members = [Member(each, s.layout_classes, s.video_type == "screen") for each, s in streams.items()]
        placed = tiles(self._layout, members, self._settings.width, self._settings.height)
        muted = [each for each, s in streams.items() if not s.has_audio and s.video_type != "screen"]
        self._compositor.arrange({each: (t, streams[each].title) for each, t in placed.items()}, muted)
        for stream_id, source in self._sources.items():
            self._compositor.show(stream_id, source.picture if source.stream.has_video else None)

    def _feeds(self) -> list[Feed]:
        return [feed for source in self._sources.values() for feed in source.feeds]

    # -- one frame --

    def discard(self, media_s: float) -> None:
        """Forgets what is older, but for each stream's newest picture."""
        for feed in self._feeds():
            feed.pictures.skip_to(media_s)
            feed.sound_before(media_s)

    def choose(self, media_s: float) -> int:
        """Takes from each stream the picture that is due; returns how many waited where most did."""
        depth = max((len(feed.pictures) for feed in self._feeds()), default=0)
        for source in self._sources.values():
            for feed in source.feeds:
                picture = feed.pictures.advance(media_s)
                if picture is not None:
                    source.next_picture = picture
        return depth

    def draw(self) -> bool:
        """Puts what was chosen onto the canvas; whether anything was new."""
        drawn = False
        for stream_id, source in self._sources.items():
            if source.next_picture is not None:
                source.picture, source.next_picture = source.next_picture, None
                if source.stream.has_video:
                    self._compositor.show(stream_id, source.picture)
                    drawn = True
        return drawn

    def hear(self, media_s: float) -> Samples:
        """The sound of one frame."""
        for source in self._sources.values():
            for feed in source.feeds:
                self._listen(feed, media_s, muted=not source.stream.has_audio)
        return self._mixer.take(RATE // self._settings.fps)

    def _listen(self, feed: Feed, media_s: float, muted: bool) -> None:
        for sound in feed.sound_before(media_s + 1 / self._settings.fps):
            position = self._mixer.taken + round((sound.at - media_s) * RATE)
            for start, samples in feed.speak(sound, position, self._mixer.taken):
                if not muted:
                    self._mixer.add(start, samples)
