package main

import (
	"bytes"
	"strconv"
	"time"
)

// updateBytes is the size of the payload of an update, as the comparison workload has it.
const updateBytes = 180

var (
	started = time.Now()
	marker  = []byte(`"stamp":"`)
	padding = bytes.Repeat([]byte("x"), updateBytes)
)

// now is monotonic and the same for senders and receivers, because both are in this process.
func now() time.Duration { return time.Since(started) }

// stamp travels inside an update: who sent it (the seat in the room), which one of that sender, and when it was due.
type stamp struct {
	seat   int
	number int64
	due    time.Duration
}

func (s stamp) payload() []byte {
	out := append(make([]byte, 0, updateBytes), `{"stamp":"`...)
	out = strconv.AppendInt(out, int64(s.seat), 10)
	out = strconv.AppendInt(append(out, '.'), s.number, 10)
	out = strconv.AppendInt(append(out, '.'), int64(s.due), 10)
	out = append(out, `","pad":"`...)
	out = append(out, padding[:updateBytes-len(out)-2]...)
	return append(out, `"}`...)
}

// nextStamp finds the first stamp of a text and gives what comes after it; nil when there is none.
func nextStamp(text []byte) (stamp, []byte) {
	at := bytes.Index(text, marker)
	if at < 0 {
		return stamp{}, nil
	}
	text = text[at+len(marker):]
	var parts [3]int64
	part := 0
	for i, b := range text {
		switch {
		case b >= '0' && b <= '9':
			parts[part] = parts[part]*10 + int64(b-'0')
		case b == '.' && part < 2:
			part++
		default:
			return stamp{int(parts[0]), parts[1], time.Duration(parts[2])}, text[i:]
		}
	}
	return stamp{}, nil
}

// seen remembers which numbers of one sender arrived, so that two sockets of one client count an update once.
type seen struct {
	top  int64
	bits uint64
}

// add tells whether the number is new. Numbers start at 1; one that is 64 behind counts as known.
func (s *seen) add(number int64) bool {
	if ahead := number - s.top; ahead > 0 {
		s.bits = s.bits<<min(ahead, 64) | 1
		s.top = number
		return true
	}
	behind := s.top - number
	if behind >= 64 || s.bits&(1<<behind) != 0 {
		return false
	}
	s.bits |= 1 << behind
	return true
}

// missing counts the numbers from one to another that did not arrive: before one that did, and after the last that did.
// What is 64 or more behind the last counts as arrived.
func (s *seen) missing(from, to int64) (superseded, lost int64) {
	lost = to - max(s.top, from-1)
	for number := max(from, s.top-63); number < min(s.top, to+1); number++ {
		if s.bits&(1<<(s.top-number)) == 0 {
			superseded++
		}
	}
	return superseded, max(0, lost)
}
