#!/usr/bin/env bash
# Package: node-ical 0.27.2 (npm).
#
# Behaviour: a change with RECURRENCE-ID;RANGE=THISANDFUTURE changes that one date. From the next date on the event is as before.
#
# Guess: the second and the third date are at 18:00Z, for half an hour. RFC 5545 3.2.13 says that the change is for all dates from
# that one on. The parameter is read and dropped without a word.
#
# Who is hurt: who relies on the new time of a series: from the second week on the program is two hours off.
set -euo pipefail

directory=$(mktemp -d)
trap 'rm -rf "$directory"' EXIT
cd "$directory"
npm init --yes >/dev/null
npm install --silent --no-audit --no-fund node-ical@0.27.2

cat >look.mjs <<'JAVASCRIPT'
import ical from 'node-ical';

const text = [
  'BEGIN:VCALENDAR',
  'VERSION:2.0',
  'PRODID:-//made up//EN',
  'BEGIN:VEVENT',
  'UID:course',
  'DTSTAMP:20270101T000000Z',
  'DTSTART:20270605T160000Z',
  'DTEND:20270605T170000Z',
  'RRULE:FREQ=WEEKLY;COUNT=3',
  'END:VEVENT',
  'BEGIN:VEVENT',
  'UID:course',
  'DTSTAMP:20270101T000000Z',
  'RECURRENCE-ID;RANGE=THISANDFUTURE:20270612T160000Z',
  'DTSTART:20270612T180000Z',
  'DTEND:20270612T183000Z',
  'END:VEVENT',
  'END:VCALENDAR',
].join('\r\n');
const event = Object.values(ical.sync.parseICS(text)).find(({ type }) => type === 'VEVENT');
const range = { from: new Date('2027-01-01'), to: new Date('2028-01-01') };
for (const { start, end } of ical.expandRecurringEvent(event, range))
  console.log(`${start.toISOString().slice(0, 16)}Z ${end.toISOString().slice(0, 16)}Z`);
JAVASCRIPT
found=$(TZ=UTC node look.mjs)
echo "$found"
if [[ $found != '2027-06-05T16:00Z 2027-06-05T17:00Z
2027-06-12T18:00Z 2027-06-12T18:30Z
2027-06-19T16:00Z 2027-06-19T17:00Z' ]]; then
  echo 'the behaviour has changed' >&2
  exit 1
fi
