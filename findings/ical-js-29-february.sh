#!/usr/bin/env bash
# Package: ical.js 2.2.1 (npm).
#
# Behaviour: FREQ=YEARLY from 29 February 2028 gives 1 March 2029 and 1 March 2030.
#
# Guess: 29 February 2032 and 2036. RFC 5545 3.3.10 has dates that do not exist ignored, and the same library does so for the 31st of
# a monthly rule. RFC 7529 is needed to ask for the day after, with SKIP=FORWARD, which this rule does not have.
#
# Who is hurt: who copies anniversaries of a leap day from a calendar: two programs that read one file disagree in three years of
# four. Give BYMONTH=2;BYMONTHDAY=29 in what you write, and add it to what you read.
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
  'DTSTART:20280229T160000Z',
  'DTEND:20280229T220000Z',
  'RRULE:FREQ=YEARLY;COUNT=3',
  'END:VEVENT',
  'END:VCALENDAR',
].join('\r\n');
const event = new ICAL.Event(new ICAL.Component(ICAL.parse(text)).getFirstSubcomponent('vevent'));
const dates = event.iterator();
for (let date = dates.next(); date; date = dates.next()) console.log(date.toString().slice(0, 10));
JAVASCRIPT
found=$(TZ=UTC node look.mjs)
echo "$found"
if [[ $found != '2028-02-29
2029-03-01
2030-03-01' ]]; then
  echo 'the behaviour has changed' >&2
  exit 1
fi
