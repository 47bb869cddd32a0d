#!/usr/bin/env bash
# Packages: recurring-ical-events 3.8.2 with icalendar 7.3.2 and tzdata 2026.6 (PyPI).
#
# Behaviour: of an event with DTSTART in a zone and DURATION in hours, the end is DTSTART plus the hours on the wall clock. A party
# in London from 20:00 with PT6H30M on the night of 30 October 2027, when clocks go back, ends at 02:30Z, which is 7.5 hours later.
#
# Guess: the end is 6.5 hours later, at 01:30Z. RFC 5545 3.3.6 tells days, which are nominal, from hours, minutes and seconds, which
# are exact, and gives this very case. Python subtracts and adds on the wall clock when both times have one tzinfo object, also
# where a library never mentions clocks.
#
# Who is hurt: who takes this library as the reference of another reader; and who shows or protects events on these two nights.
# Take the instant of the start, and add the hours to that.
set -euo pipefail

directory=$(mktemp -d)
trap 'rm -rf "$directory"' EXIT
python3 -m venv "$directory/venv"
"$directory/venv/bin/pip" install --quiet --disable-pip-version-check \
  recurring-ical-events==3.8.2 icalendar==7.3.2 tzdata==2026.6

found=$("$directory/venv/bin/python" - <<'PYTHON'
from datetime import timezone

import icalendar
import recurring_ical_events

TEXT = """BEGIN:VCALENDAR
VERSION:2.0
PRODID:-//made up//EN
BEGIN:VEVENT
UID:party
DTSTAMP:20270101T000000Z
DTSTART;TZID=Europe/London:20271030T200000
DURATION:PT6H30M
END:VEVENT
END:VCALENDAR
"""
(event,) = recurring_ical_events.of(icalendar.Calendar.from_ical(TEXT)).between((2027, 10, 30), (2027, 11, 1))
start, end = (each.astimezone(timezone.utc) for each in (event.start, event.end))
print(f"{start:%Y-%m-%dT%H:%MZ} {end:%Y-%m-%dT%H:%MZ} {end - start}")
PYTHON
)
echo "start, end and length: $found"
if [[ $found != '2027-10-30T19:00Z 2027-10-31T02:30Z 7:30:00' ]]; then
  echo 'the behaviour has changed' >&2
  exit 1
fi
