#!/usr/bin/env bash
# Package: github.com/teambition/rrule-go 1.8.2 (Go).
#
# Behaviour: StrToRRuleSet honours DTSTART only when it stands before RRULE. With the two lines the other way round it reads both
# without an error, and the dates begin at the moment of the call.
#
# Guess: 5 and 12 June 2027 both times. In RFC 5545 the properties of a component have no order, and programs that sort them, or keep
# them in a map, write RRULE after DTSTART by luck only.
#
# Who is hurt: who stores windows as such a text: each process sees other dates, and each restart moves them. Put DTSTART first
# before you parse.
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
	"time"

	"github.com/teambition/rrule-go"
)

func main() {
	start, rule := "DTSTART:20270605T160000Z", "RRULE:FREQ=WEEKLY;COUNT=2"
	for _, text := range []string{start + "\n" + rule, rule + "\n" + start} {
		set, err := rrule.StrToRRuleSet(text)
		if err != nil {
			panic(err)
		}
		first := set.All()[0]
		fmt.Printf("as written: %t, about now: %t\n", first.Equal(time.Date(2027, 6, 5, 16, 0, 0, 0, time.UTC)),
			time.Since(first).Abs() < time.Minute)
	}
}
GO
found=$(go run .)
echo "$found"
if [[ $found != 'as written: true, about now: false
as written: false, about now: true' ]]; then
  echo 'the behaviour has changed' >&2
  exit 1
fi
