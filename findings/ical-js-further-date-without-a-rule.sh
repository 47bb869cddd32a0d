#!/usr/bin/env bash
# Package: ical.js 2.2.1 (npm).
#
# Behaviour: the iterator over the dates of an event with RDATE and no RRULE gives the dates of RDATE alone: DTSTART is left out. With an
# RRULE beside it DTSTART is there.
#
# Guess: 5 June and 12 June. RFC 5545 3.8.5.2 and 3.8.2.4 count DTSTART as the first date of the set, and the other form of the same
# event does so.
#
# Who is hurt: who shows events that were repeated by hand, "and once more next week": the first evening is not there. Add DTSTART
# yourself when there is no rule, and leave out doubles.
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
  'RDATE:20270612T160000Z',
  'END:VEVENT',
  'END:VCALENDAR',
].join('\r\n');
const event = new ICAL.Event(new ICAL.Component(ICAL.parse(text)).getFirstSubcomponent('vevent'));
const dates = event.iterator();
for (let date = dates.next(); date; date = dates.next()) console.log(date.toString().slice(0, 10));
JAVASCRIPT
found=$(TZ=UTC node look.mjs)
echo "$found"
if [[ $found != '2027-06-12' ]]; then
  echo 'the behaviour has changed' >&2
  exit 1
fi
