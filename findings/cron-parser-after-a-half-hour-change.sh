#!/usr/bin/env bash
# Package: cron-parser 5.10.6 (npm).
#
# Behaviour: on Lord Howe Island clocks go back by half an hour, on 4 April 2027 at 02:00. From the noon (UTC) before, the next run of
# "0 5 * * *" is an error, "Invalid expression, loop limit exceeded", where "45 1 * * *" gives times without end.
#
# Guess: 4 April, 05:00 there, which is 18:30Z. The zone is in the time zone data that the parser uses, the expression is
# the plainest there is, and the message blames it.
#
# Who is hurt: who schedules per zone of its users: one night per year a job of this zone is not planned, and the log calls its
# expression invalid. Ask for the next run in UTC, or catch the error and ask again from an hour later.
set -euo pipefail

directory=$(mktemp -d)
trap 'rm -rf "$directory"' EXIT
cd "$directory"
npm init --yes >/dev/null
npm install --silent --no-audit --no-fund cron-parser@5.10.6

cat >look.mjs <<'JAVASCRIPT'
import { CronExpressionParser } from 'cron-parser';

for (const expression of ['0 5 * * *', '45 1 * * *']) {
  const options = { tz: 'Australia/Lord_Howe', currentDate: new Date('2027-04-03T12:00:00Z') };
  const times = CronExpressionParser.parse(expression, options);
  try {
    console.log(`${expression}: ${times.next().toDate().toISOString().slice(0, 16)}Z`);
  } catch (error) {
    console.log(`${expression}: ${error.message}`);
  }
}
JAVASCRIPT
found=$(TZ=UTC node look.mjs)
echo "$found"
if [[ $found != '0 5 * * *: Invalid expression, loop limit exceeded
45 1 * * *: 2027-04-03T14:45Z' ]]; then
  echo 'the behaviour has changed' >&2
  exit 1
fi
