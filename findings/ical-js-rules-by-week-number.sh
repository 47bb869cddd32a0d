#!/usr/bin/env bash
# Package: ical.js 2.2.1 (npm).
#
# Behaviour: a yearly rule with BYWEEKNO and BYDAY gives one date per week, without end but for COUNT. The Saturday of week 22, from
# 5 June 2027, which is in week 22, gives 12, 19 and 26 June 2027. The start itself is left out.
#
# Guess: 5 June 2027, 3 June 2028 and 2 June 2029, one Saturday per year. The parser takes BYWEEKNO without a word, and an iterator
# that could not expand it would be expected to throw.
#
# Who is hurt: who books the same weekend of each year, a fair or a club's ball: the calendar is full in the first summer and empty
# from then on. Refuse BYWEEKNO, or expand it with another library.
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
  'RRULE:FREQ=YEARLY;COUNT=3;BYWEEKNO=22;BYDAY=SA',
  'END:VEVENT',
  'END:VCALENDAR',
].join('\r\n');
const event = new ICAL.Event(new ICAL.Component(ICAL.parse(text)).getFirstSubcomponent('vevent'));
const dates = event.iterator();
for (let date = dates.next(); date; date = dates.next()) console.log(date.toString().slice(0, 10));
JAVASCRIPT
found=$(TZ=UTC node look.mjs)
echo "$found"
if [[ $found != '2027-06-12
2027-06-19
2027-06-26' ]]; then
  echo 'the behaviour has changed' >&2
  exit 1
fi
