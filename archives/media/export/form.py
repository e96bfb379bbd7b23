"""What the sound of an export is like: the form that most of the run has."""

from collections import Counter
from dataclasses import dataclass
from typing import Any

import av
from av.error import FFmpegError

from archives.media.export import index
from archives.media.export.packets import Track

PACKET = 1024
GLOBAL_HEADER = 1 << 22
BIT_RATE = 128_000
# By the number of channels, as AAC knows them in one byte.
LAYOUTS = {1: "mono", 2: "stereo", 3: "3.0", 4: "4.0", 5: "5.0", 6: "5.1"}
# A decoder doubles the rate of sound up to this where packets turn out to hold a second band.
MAX_DOUBLED_RATE = 24_000
# Packets after which a decoder has said what its sound is like.
FIRST_PACKETS = 8
USUAL_RATE = 48_000


@dataclass(frozen=True)
class Form:
    """AAC-LC with this many samples a second and channels; pieces of another form are re-encoded."""

    rate: int
    channels: int
    config: bytes

    def odd(self, track: Track) -> str:
        if track.codec != "aac":
            return f"{track.codec} instead of aac"
        if not is_plain(track):
            return "not plain AAC-LC"
        if (track.rate, track.channels) != (self.rate, self.channels):
            return f"{track.rate} Hz, {track.channels} channels instead of {self.rate} Hz, {self.channels}"
        return ""

    @property
    def layout(self) -> str:
        return LAYOUTS[self.channels]

    def encoder(self) -> Any:
        return _encoder(self.rate, self.channels)


class CommonForm:
    """Counts how long each form lasts, to find the one that most of the run has."""

    def __init__(self) -> None:
        self._copied: Counter[tuple[int, int]] = Counter()
        self._others: Counter[tuple[int, int]] = Counter()
        self._configs: dict[tuple[int, int], bytes] = {}

    def saw(self, track: Track, length_ms: float) -> None:
        form = track.rate, track.channels
        if is_plain(track):
            self._copied[form] += round(length_ms) + 1
            self._configs.setdefault(form, track.config)
        elif found := _sounds(track):
            self._others[_allowed(*found)] += round(length_ms) + 1

    def found(self) -> Form | None:
        """That of what can be copied, if anything can."""
        counted = self._copied or self._others
        if not counted:
            return None
        rate, channels = counted.most_common(1)[0][0]
        config = self._configs.get((rate, channels))
        return Form(rate, channels, config or bytes(_encoder(rate, channels, opened=True).extradata))


def is_plain(track: Track) -> bool:
    """Each packet is 1024 samples of AAC-LC, in an order of channels that needs no table."""
    if track.codec != "aac" or track.channels not in LAYOUTS or not index.is_plain_aac(track.config):
        return False
    return track.rate > MAX_DOUBLED_RATE or _sounds(track) in (None, (track.rate, track.channels))


def _sounds(track: Track) -> tuple[int, int] | None:
    """Rate and channels of what the first packets decode to; None if nothing does."""
    found = None
    try:
        context: Any = av.CodecContext.create(track.codec, "r")
        context.extradata = track.config or None
        with track.path.open("rb") as file:
            for offset, size in zip(track.offsets[:FIRST_PACKETS], track.sizes[:FIRST_PACKETS], strict=True):
                file.seek(int(offset))
                for frame in context.decode(av.Packet(file.read(int(size)))):
                    found = frame.sample_rate, len(frame.layout.channels)
    except FFmpegError:
        return found
    return found


def _allowed(rate: int, channels: int) -> tuple[int, int]:
    """The nearest that AAC can say."""
    return rate if rate in index.AAC_RATES else USUAL_RATE, channels if channels in LAYOUTS else 2


def _encoder(rate: int, channels: int, *, opened: bool = False) -> Any:
    context: Any = av.CodecContext.create("aac", "w")
    context.sample_rate, context.layout, context.format = rate, LAYOUTS[channels], "fltp"
    context.bit_rate = BIT_RATE * channels
    context.flags |= GLOBAL_HEADER
    if opened:
        context.open()
    return context
