"""H.264 parameter sets and NAL units as MP4 holds them (ISO/IEC 14496-15): only what joining pieces needs."""

import struct
from dataclasses import dataclass, field

NAL_LENGTH = 4
IDR, SPS, PPS = 5, 7, 8
SLICES = (1, 2, 3, 4, IDR)
HIGH_PROFILES = (100, 110, 122, 144)
BASELINE, MAIN = 66, 77


@dataclass(frozen=True)
class ParameterSets:
    """The body of an avcC box, taken apart."""

    profile: int
    compatibility: int
    level: int
    nal_length: int
    sps: tuple[bytes, ...]
    pps: tuple[bytes, ...]
    extension: bytes = b""

    @property
    def name(self) -> str:
        return {BASELINE: "baseline", MAIN: "main"}.get(self.profile, "high")

    @property
    def units(self) -> tuple[bytes, ...]:
        return self.sps + self.pps

    def in_band(self) -> bytes:
        """What goes in front of a key frame so that it decodes whatever was decoded before."""
        return b"".join(struct.pack(">I", len(unit)) + unit for unit in self.units)


def read_avcc(body: bytes) -> ParameterSets:
    """Raises ValueError when `body` is not an AVCDecoderConfigurationRecord."""
    if len(body) < 7 or body[0] != 1:
        raise ValueError("no H.264 parameter sets in the sample description")
    sps, at = _units(body, 6, body[5] & 31)
    pps, at = _units(body, at + 1, body[at])
    return ParameterSets(body[1], body[2], body[3], (body[4] & 3) + 1, sps, pps, body[at:])


def _units(body: bytes, at: int, count: int) -> tuple[tuple[bytes, ...], int]:
    units = []
    for _ in range(count):
        (length,) = struct.unpack_from(">H", body, at)
        units.append(body[at + 2 : at + 2 + length])
        at += 2 + length
    return tuple(units), at


def write_avcc(sets: ParameterSets) -> bytes:
    head = bytes([1, sets.profile, sets.compatibility, sets.level])
    head += bytes([0xFC | NAL_LENGTH - 1, 0xE0 | len(sets.sps)])
    sps = b"".join(struct.pack(">H", len(unit)) + unit for unit in sets.sps)
    pps = b"".join(struct.pack(">H", len(unit)) + unit for unit in sets.pps)
    return head + sps + bytes([len(sets.pps)]) + pps + sets.extension


def split_annex_b(data: bytes) -> list[bytes]:
    """The NAL units between start codes."""
    units = []
    for part in data.split(b"\x00\x00\x01")[1:]:
        unit = part.rstrip(b"\x00")
        if unit:
            units.append(unit)
    return units


def from_annex_b(data: bytes) -> bytes:
    """An encoder's access unit as an MP4 sample: slices only, each after its length."""
    slices = [unit for unit in split_annex_b(data) if unit[0] & 31 in SLICES]
    return b"".join(struct.pack(">I", len(unit)) + unit for unit in slices)


def sets_of_encoder(extradata: bytes) -> ParameterSets:
    """Parameter sets of an encoder that announces them as Annex B."""
    units = split_annex_b(extradata)
    sps = tuple(unit for unit in units if unit[0] & 31 == SPS)
    pps = tuple(unit for unit in units if unit[0] & 31 == PPS)
    extension = b"\xfd\xf8\xf8\x00" if sps[0][1] in HIGH_PROFILES else b""
    return ParameterSets(sps[0][1], sps[0][2], sps[0][3], NAL_LENGTH, sps, pps, extension)


@dataclass
class Joined:
    """The parameter sets of everything that goes into one track.

    Sets with different numbers live side by side in the header. Two different sets with the same number
    cannot: then `in_band` turns true, and every key frame of the track carries its own.
    """

    all: list[ParameterSets] = field(default_factory=list)
    in_band: bool = False
    _known: dict[tuple[int, int], bytes] = field(default_factory=dict)

    def add(self, sets: ParameterSets) -> int:
        """The number by which these sets are known from now on."""
        if sets in self.all:
            return self.all.index(sets)
        for unit in sets.units:
            if self._known.setdefault((unit[0] & 31, unit_id(unit)), unit) != unit:
                self.in_band = True
        self.all.append(sets)
        return len(self.all) - 1

    def header(self) -> bytes:
        """The avcC body; in-band tracks name the first sets only, which is what players look at first."""
        first = self.all[0]
        chosen = [first] if self.in_band else self.all
        sps = tuple(dict.fromkeys(unit for sets in chosen for unit in sets.sps))
        pps = tuple(dict.fromkeys(unit for sets in chosen for unit in sets.pps))
        level = max(sets.level for sets in self.all)
        return write_avcc(
            ParameterSets(first.profile, first.compatibility, level, NAL_LENGTH, sps, pps, first.extension)
        )


def unit_id(unit: bytes) -> int:
    """seq_parameter_set_id or pic_parameter_set_id (ITU-T H.264, 7.3.2)."""
    skip = 4 if unit[0] & 31 == SPS else 1
    bits = "".join(f"{byte:08b}" for byte in unit[skip : skip + 8])
    zeros = len(bits) - len(bits.lstrip("0"))
    return int(bits[zeros : 2 * zeros + 1] or "0", 2) - 1
