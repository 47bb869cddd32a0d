#!/usr/bin/env bash
# Package: ical-expander 3.2.0 (npm), which brings its own copy of ical.js 1.
#
# Behaviour: FREQ=YEARLY;BYYEARDAY=366 gives 31 December 2028, and then 1 January 2029 and 1 January 2030: in ordinary years day 366 is
# the day after the year. ical.js 2 gives leap years only.
#
# Guess: 31 December of 2028, 2032 and 2036. Installing the newest ical.js beside it changes nothing, because the copy is inside.
#
# Who is hurt: who expands feeds with this package: a closing day at the end of leap years becomes New Year of all years.
set -euo pipefail

directory=$(mktemp -d)
trap 'rm -rf "$directory"' EXIT
cd "$directory"
npm init --yes >/dev/null
npm install --silent --no-audit --no-fund ical-expander@3.2.0

cat >look.mjs <<'JAVASCRIPT'
import IcalExpander from 'ical-expander';

const ics = [
  'BEGIN:VCALENDAR',
  'VERSION:2.0',
  'PRODID:-//made up//EN',
  'BEGIN:VEVENT',
  'UID:closing',
  'DTSTAMP:20270101T000000Z',
  'DTSTART:20281231T160000Z',
  'DTEND:20281231T220000Z',
  'RRULE:FREQ=YEARLY;COUNT=3;BYYEARDAY=366',
  'END:VEVENT',
  'END:VCALENDAR',
].join('\r\n');
const { occurrences } = new IcalExpander({ ics }).between(new Date('2028-01-01'), new Date('2040-01-01'));
for (const { startDate } of occurrences) console.log(startDate.toString().slice(0, 10));
JAVASCRIPT
found=$(TZ=UTC node look.mjs)
echo "$found"
if [[ $found != '2028-12-31
2029-01-01
2030-01-01' ]]; then
  echo 'the behaviour has changed' >&2
  exit 1
fi
