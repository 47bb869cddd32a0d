#!/usr/bin/env bash
# Packages: ical.js 2.2.1 and node-ical 0.27.2 (npm); recurring-ical-events 3.8.2 with icalendar 7.3.2 and tzdata 2026.6 (PyPI).
#
# Behaviour: an event of an hour, daily at 02:30 in Berlin, three times from 27 March 2027; on the 28th that time does not exist. ical.js
# has it at 00:30Z, an hour before the clocks change. node-ical leaves the day out, and adds the 30th to make three. Python's has it at
# 01:30Z with a length of zero.
#
# Guess: 01:30Z to 02:30Z in all three. RFC 5545 3.3.10 takes a date of a rule as one that is written out, and 3.3.5 takes a time that
# does not exist with the offset from before the gap: 01:30Z.
#
# Who is hurt: who compares two readers, or reads with one what another has shown: one night per year they agree on nothing, and
# the one that skips a day shifts the end of every counted series by a day.
set -euo pipefail

directory=$(mktemp -d)
trap 'rm -rf "$directory"' EXIT
cd "$directory"
npm init --yes >/dev/null
npm install --silent --no-audit --no-fund ical.js@2.2.1 node-ical@0.27.2
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check recurring-ical-events==3.8.2 icalendar==7.3.2 tzdata==2026.6

sed 's/$/\r/' >night.ics <<'ICS'
BEGIN:VCALENDAR
VERSION:2.0
PRODID:-//made up//EN
BEGIN:VTIMEZONE
TZID:Europe/Berlin
BEGIN:DAYLIGHT
DTSTART:19810329T020000
TZOFFSETFROM:+0100
TZOFFSETTO:+0200
RRULE:FREQ=YEARLY;BYMONTH=3;BYDAY=-1SU
END:DAYLIGHT
BEGIN:STANDARD
DTSTART:19961027T030000
TZOFFSETFROM:+0200
TZOFFSETTO:+0100
RRULE:FREQ=YEARLY;BYMONTH=10;BYDAY=-1SU
END:STANDARD
END:VTIMEZONE
BEGIN:VEVENT
UID:night
DTSTAMP:20270101T000000Z
DTSTART;TZID=Europe/Berlin:20270327T023000
DTEND;TZID=Europe/Berlin:20270327T033000
RRULE:FREQ=DAILY;COUNT=3
END:VEVENT
END:VCALENDAR
ICS
cat >look.mjs <<'JAVASCRIPT'
import { readFileSync } from 'node:fs';
import ICAL from 'ical.js';
import ical from 'node-ical';

const text = readFileSync('night.ics', 'utf8');
const print = (name, dates) =>
  console.log([name, ...dates.map(([start, end]) => `${show(start)}-${show(end).slice(6)}`)].join(' '));
const show = (date) => `${date.toISOString().slice(5, 16)}Z`;

const calendar = new ICAL.Component(ICAL.parse(text));
ICAL.TimezoneService.register(calendar.getFirstSubcomponent('vtimezone'));
const event = new ICAL.Event(calendar.getFirstSubcomponent('vevent'));
const dates = [];
const iterator = event.iterator();
for (let date = iterator.next(); date; date = iterator.next()) {
  const { startDate, endDate } = event.getOccurrenceDetails(date);
  dates.push([startDate.toJSDate(), endDate.toJSDate()]);
}
print('ical.js', dates);

const read = Object.values(ical.sync.parseICS(text)).find(({ type }) => type === 'VEVENT');
const range = { from: new Date('2027-01-01'), to: new Date('2028-01-01') };
print('node-ical', ical.expandRecurringEvent(read, range).map(({ start, end }) => [start, end]));
JAVASCRIPT
cat >look.py <<'PYTHON'
from datetime import timezone

import icalendar
import recurring_ical_events

with open("night.ics", "rb") as file:
    calendar = icalendar.Calendar.from_ical(file.read())
utc = lambda time: time.astimezone(timezone.utc)
events = recurring_ical_events.of(calendar).between((2027, 3, 1), (2027, 5, 1))
dates = sorted((utc(event.start), utc(event.end)) for event in events)
print("recurring-ical-events", *(f"{start:%m-%dT%H:%MZ}-{end:%H:%MZ}" for start, end in dates))
PYTHON
found=$(TZ=UTC node look.mjs && venv/bin/python look.py)
echo "$found"
if [[ $found != 'ical.js 03-27T01:30Z-02:30Z 03-28T00:30Z-01:30Z 03-29T00:30Z-01:30Z
node-ical 03-27T01:30Z-02:30Z 03-29T00:30Z-01:30Z 03-30T00:30Z-01:30Z
recurring-ical-events 03-27T01:30Z-02:30Z 03-28T01:30Z-01:30Z 03-29T00:30Z-01:30Z' ]]; then
  echo 'the behaviour has changed' >&2
  exit 1
fi
