#!/usr/bin/env bash
# Package: ical.js 2.2.1 (npm).
#
# Behaviour: FREQ=DAILY;BYMONTHDAY=5,-1 gives the fifth of each month only. The same days under FREQ=MONTHLY come as written.
#
# Guess: 5 June, 30 June and 5 July. In a daily rule BYMONTHDAY is a limit (RFC 5545 3.3.10, the table of BYxxx parts), and -1 is the
# last day of the month in both. The limit compares the numbers as they stand, so that a negative one never fits.
#
# Who is hurt: who reads rules of programs that write limits on FREQ=DAILY. Dates are missing, and nothing says so. Rewrite such a rule
# as FREQ=MONTHLY, which means the same.
set -euo pipefail

directory=$(mktemp -d)
trap 'rm -rf "$directory"' EXIT
cd "$directory"
npm init --yes >/dev/null
npm install --silent --no-audit --no-fund ical.js@2.2.1

cat >look.mjs <<'JAVASCRIPT'
import ICAL from 'ical.js';

const text = [
  'BEGIN:VCALENDAR',
  'VERSION:2.0',
  'PRODID:-//made up//EN',
  'BEGIN:VEVENT',
  'UID:fair',
  'DTSTAMP:20270101T000000Z',
  'DTSTART:20270605T160000Z',
  'DTEND:20270605T220000Z',
  'RRULE:FREQ=DAILY;COUNT=3;BYMONTHDAY=5,-1',
  'END:VEVENT',
  'END:VCALENDAR',
].join('\r\n');
const event = new ICAL.Event(new ICAL.Component(ICAL.parse(text)).getFirstSubcomponent('vevent'));
const dates = event.iterator();
for (let date = dates.next(); date; date = dates.next()) console.log(date.toString().slice(0, 10));
JAVASCRIPT
found=$(TZ=UTC node look.mjs)
echo "$found"
if [[ $found != '2027-06-05
2027-07-05
2027-08-05' ]]; then
  echo 'the behaviour has changed' >&2
  exit 1
fi
