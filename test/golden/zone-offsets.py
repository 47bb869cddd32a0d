"""Writes test/golden/zone-offsets.txt: the offsets of every zone by Python's zoneinfo, a reader that shares no code with ours.

Needs the package of the shipped zone data: pip install tzdata==2026.6; PYTHONTZPATH= python3 test/golden/zone-offsets.py

One line a zone: its name, the CRC-32 of its offsets (32-bit big-endian seconds) every 30 days from 1970 to 2100, and of
those every 11 hours from 2020 to 2040.
"""
import datetime
import pathlib
import struct
import zlib
import zoneinfo

import tzdata

UTC = datetime.timezone.utc
DAY = 86400


def seconds(year):
    return int(datetime.datetime(year, 1, 1, tzinfo=UTC).timestamp())


SPANS = (range(seconds(1970), seconds(2100), 30 * DAY), range(seconds(2020), seconds(2040), 11 * 3600))


def checksum(zone, instants):
    crc = 0
    for at in instants:
        offset = datetime.datetime.fromtimestamp(at, zone).utcoffset().total_seconds()
        crc = zlib.crc32(struct.pack(">i", int(offset)), crc)
    return f"{crc:08x}"


names = pathlib.Path(tzdata.__file__).with_name("zones").read_text().split()
lines = [f"# {tzdata.IANA_VERSION}"]
for name in sorted(set(names) - {"Factory"}):
    zone = zoneinfo.ZoneInfo(name)
    lines.append(" ".join([name, *(checksum(zone, span) for span in SPANS)]))
pathlib.Path(__file__).with_name("zone-offsets.txt").write_text("\n".join(lines) + "\n")
