#!/usr/bin/env bash
# Package: github.com/robfig/cron/v3 3.0.1 (Go), which reads the schedules of many maintenance windows and scalers.
#
# Behaviour: "0 0 * * *" in Cairo has no run on 30 April 2027, whose midnight does not exist: the next one is 24 hours late. "30 2 * * *"
# in Berlin runs twice in the night of 31 October 2027, an hour apart.
#
# Guess: 01:00 in Cairo, since the source has a branch for midnights that do not exist, and once in Berlin, since the line names one
# time. The page of the package speaks of the spring only.
#
# Who is hurt: a daily window that opens at midnight stays closed for a day, and one that opens in the small hours opens twice. Name
# times in UTC, or between 04:00 and 23:00.
set -euo pipefail

directory=$(mktemp -d)
trap 'rm -rf "$directory"' EXIT
cd "$directory"
go mod init look >/dev/null 2>&1
go get github.com/robfig/cron/v3@v3.0.1 >/dev/null 2>&1

cat >main.go <<'GO'
package main

import (
	"fmt"
	"time"

	"github.com/robfig/cron/v3"
)

func main() {
	for _, each := range [][3]string{
		{"Africa/Cairo", "0 0 * * *", "2027-04-29T12:00:00Z"},
		{"Europe/Berlin", "30 2 * * *", "2027-10-30T12:00:00Z"},
	} {
		schedule, err := cron.ParseStandard("CRON_TZ=" + each[0] + " " + each[1])
		if err != nil {
			panic(err)
		}
		from, _ := time.Parse(time.RFC3339, each[2])
		one := schedule.Next(from)
		two := schedule.Next(one)
		fmt.Println(each[0], one.UTC().Format("2006-01-02T15:04Z"), two.UTC().Format("2006-01-02T15:04Z"))
	}
}
GO
found=$(go run .)
echo "$found"
if [[ $found != 'Africa/Cairo 2027-04-30T21:00Z 2027-05-01T21:00Z
Europe/Berlin 2027-10-31T00:30Z 2027-10-31T01:30Z' ]]; then
  echo 'the behaviour has changed' >&2
  exit 1
fi
