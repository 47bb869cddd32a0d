#!/usr/bin/env bash
# Package: ical.js 2.2.1 (npm).
#
# Behaviour: the iterator gives a further date that is a period (RDATE;VALUE=PERIOD, RFC 5545 3.8.5.2) as a period among the times, and
# getOccurrenceDetails, which takes what the iterator gives, throws a TypeError for it.
#
# Guess: a date of two hours. The library has a class for periods and reads this property into it.
#
# Who is hurt: who shows a feed event by event without a guard: one event stops the page. Catch errors of each event by itself, or
# turn periods into plain dates before the event is made.
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
  'RRULE:FREQ=WEEKLY;COUNT=1',
  'RDATE;VALUE=PERIOD:20270612T160000Z/PT2H',
  'END:VEVENT',
  'END:VCALENDAR',
].join('\r\n');
const event = new ICAL.Event(new ICAL.Component(ICAL.parse(text)).getFirstSubcomponent('vevent'));
const dates = event.iterator();
for (let date = dates.next(); date; date = dates.next()) {
  try {
    console.log(`${date} until ${event.getOccurrenceDetails(date).endDate}`);
  } catch (error) {
    console.log(`${date} ${error.name}`);
  }
}
JAVASCRIPT
found=$(TZ=UTC node look.mjs)
echo "$found"
if [[ $found != '2027-06-05T16:00:00Z until 2027-06-05T22:00:00Z
2027-06-12T16:00:00Z/PT2H TypeError' ]]; then
  echo 'the behaviour has changed' >&2
  exit 1
fi
