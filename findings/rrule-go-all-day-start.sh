#!/usr/bin/env bash
# Package: github.com/teambition/rrule-go 1.8.2 (Go).
#
# Behaviour: a rule of an all-day event, DTSTART;VALUE=DATE:20270605, is refused, and the error is about a time zone that the text does
# not have: "bad TZID parameter format". DTSTART:20270605, which RFC 5545 does not allow for a date, is taken.
#
# Guess: midnights of 5 and 12 June 2027. VALUE=DATE is how every calendar program writes a whole day.
#
# Who is hurt: who passes windows of whole days from a calendar on to this library, and looks for a broken zone. Take the parameter
# away first, and say in which zone the day is.
set -euo pipefail

directory=$(mktemp -d)
trap 'rm -rf "$directory"' EXIT
cd "$directory"
go mod init look >/dev/null 2>&1
go get github.com/teambition/rrule-go@v1.8.2 >/dev/null 2>&1

cat >main.go <<'GO'
package main

import (
	"fmt"

	"github.com/teambition/rrule-go"
)

func main() {
	for _, start := range []string{"DTSTART;VALUE=DATE:20270605", "DTSTART:20270605"} {
		set, err := rrule.StrToRRuleSet(start + "\nRRULE:FREQ=WEEKLY;COUNT=2")
		if err != nil {
			fmt.Println(err)
			continue
		}
		fmt.Println(set.All()[1].Format("2006-01-02 15:04"))
	}
}
GO
found=$(go run .)
echo "$found"
if [[ $found != 'StrToDtStart failed: bad TZID parameter format
2027-06-12 00:00' ]]; then
  echo 'the behaviour has changed' >&2
  exit 1
fi
