#!/usr/bin/env bash
# Package: node 26.10.0 (npm, which ships the runtime).
#
# Behaviour: after the process stood still, timers of one duration run together, in the turn of the oldest. A timer of 400 ms that is
# due at 500 ms runs before one of 200 ms that is due at 450 ms.
#
# Guess: timers that are overdue run in the order in which they were due. Node keeps a list for each duration, and takes all of a list
# that is due before it looks at the next list.
#
# Who is hurt: who takes it that a deadline ends before a later one: on a machine that stalls, a longer retry overtakes a shorter limit,
# and tests that order events by timers fail there only. Compare the clock in the callback.
set -euo pipefail

directory=$(mktemp -d)
trap 'rm -rf "$directory"' EXIT
cd "$directory"
npm init --yes >/dev/null
npm install --silent --no-audit --no-fund node@26.10.0

cat >look.mjs <<'JAVASCRIPT'
const order = [];
const add = (name, ms) => setTimeout(() => order.push(name), ms);
const start = performance.now();
const untilMs = (ms) => {
  while (performance.now() - start < ms);
};
add('first', 400);
untilMs(100);
add('due at 500', 400);
untilMs(250);
add('due at 450', 200);
untilMs(900);
setTimeout(() => console.log(order.join(', ')), 1_000);
JAVASCRIPT
found=$(node_modules/.bin/node look.mjs)
echo "$found"
if [[ $found != 'first, due at 500, due at 450' ]]; then
  echo 'the behaviour has changed' >&2
  exit 1
fi
