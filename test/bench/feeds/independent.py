"""Instants of the events of calendars, by recurring-ical-events, icalendar and zoneinfo with the tzdata package.

Reads JSON {name: text} from stdin, writes JSON {name: [[uid, from, until], ...]}. Occurrences come from the library. The end of a
DURATION in hours is taken exactly (RFC 5545 3.3.6): the library adds it to the wall clock, which differs on the nights on which
clocks change.
"""

import json
import os
import sys

# The data of the package, whatever the machine has.
os.environ["PYTHONTZPATH"] = ""

import zoneinfo  # noqa: E402
from datetime import datetime, timedelta, timezone  # noqa: E402

import icalendar  # noqa: E402
import recurring_ical_events  # noqa: E402

zoneinfo.reset_tzpath(to=[])
UTC = timezone.utc


def instant(value):
    return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def end_of(event, durations):
    duration = durations.get(str(event["UID"]))
    if duration is None:
        return event.end.astimezone(UTC)
    nominal = event.start + timedelta(days=duration.days)
    return nominal.astimezone(UTC) + timedelta(seconds=duration.seconds)


def read(text):
    calendar = icalendar.Calendar.from_ical(text.replace("RRULE:\n", ""))
    durations = {str(each["UID"]): each["DURATION"].dt for each in calendar.walk("VEVENT") if "DURATION" in each}
    found = recurring_ical_events.of(calendar).between(datetime(2027, 5, 1, tzinfo=UTC), datetime(2028, 6, 1, tzinfo=UTC))
    return sorted([str(each["UID"]), instant(each.start), instant(end_of(each, durations))] for each in found)


json.dump({name: read(text) for name, text in json.load(sys.stdin).items()}, sys.stdout)
