#!/usr/bin/env bash
# Package: node-ical 0.27.2 (npm).
#
# Behaviour: expandRecurringEvent leaves out the dates of RDATE. A tasting every Saturday, twice, and once more on a Tuesday by RDATE
# comes without the Tuesday. EXDATE of the same event is honoured.
#
# Guess: three dates. RFC 5545 3.8.5 makes the set of dates from DTSTART, RRULE and RDATE, less EXDATE; the function's name promises
# the whole set, and it has the exceptions.
#
# Who is hurt: who fills a calendar from a feed: what was added by hand is missing, which are often the dates that matter most.
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
  'UID:tasting',
  'DTSTAMP:20270101T000000Z',
  'DTSTART:20270605T160000Z',
  'DTEND:20270605T180000Z',
  'RRULE:FREQ=WEEKLY;COUNT=2',
  'RDATE:20270608T160000Z',
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
if [[ $found != '2027-06-05T16:00Z 2027-06-05T18:00Z
2027-06-12T16:00Z 2027-06-12T18:00Z' ]]; then
  echo 'the behaviour has changed' >&2
  exit 1
fi
