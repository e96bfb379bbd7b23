"""What a recorder is told: how to record, and whom."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from localtok.recording.compose.presentation import Layout


@dataclass(frozen=True)
class RecorderSettings:
    width: int = 1280
    height: int = 720
    fps: int = 25
    has_audio: bool = True
    has_video: bool = True
    layout: Layout = field(default_factory=Layout)
    # Bits a second, and x264's quantizer from 15 (good) to 40 (small); None chooses by the size.
    max_bitrate: int | None = None
    quantization_parameter: int | None = None


@dataclass(frozen=True)
class RecordedStream:
    stream_id: str
    name: str
    has_audio: bool
    has_video: bool
    video_type: str = "camera"
    layout_classes: tuple[str, ...] = ()

    @property
    def title(self) -> str:
        """The name for people: an identifier in brackets at its end is for programs."""
        return re.sub(r"\s*\[[^\[\]]*\]$", "", self.name) or self.name
