#!/usr/bin/env bash
# Package: lightkube 1.0.1 (PyPI).
#
# Behaviour: parse_quantity refuses "100n", "100u" and "1E3" as invalid unit suffixes. It takes "100m" and "1e3".
#
# Guess: all five are read. The documentation of the function names the page of the grammar, which has n and u below m, and both
# forms of the exponent.
#
# Who is hurt: who adds up usage: the metrics API gives the CPU of most pods in n. And who sums requests of strangers' pods: one with
# "1E3" ends the sum. Catch the error of each value, or map these forms first.
set -euo pipefail

directory=$(mktemp -d)
trap 'rm -rf "$directory"' EXIT
python3 -m venv "$directory/venv"
"$directory/venv/bin/pip" install --quiet --disable-pip-version-check lightkube==1.0.1

found=$("$directory/venv/bin/python" - <<'PYTHON'
from lightkube.utils.quantity import parse_quantity

for text in ("100n", "100u", "100m", "1e3", "1E3"):
    try:
        print(text, parse_quantity(text))
    except ValueError as error:
        print(text, error)
PYTHON
)
echo "$found"
if [[ $found != '100n Invalid unit suffix: n
100u Invalid unit suffix: u
100m 0.100
1e3 1000.000
1E3 Invalid unit suffix: E3' ]]; then
  echo 'the behaviour has changed' >&2
  exit 1
fi
