package main

import "testing"

func TestPayloadCarriesItsStamp(t *testing.T) {
	want := stamp{seat: 12, number: 345, due: 678901234567}
	payload := want.payload()
	if len(payload) != updateBytes {
		t.Fatalf("%d bytes", len(payload))
	}
	got, rest := nextStamp(payload)
	if got != want || rest == nil {
		t.Fatalf("got %+v", got)
	}
	if _, rest = nextStamp(rest); rest != nil {
		t.Fatal("found a second stamp")
	}
}

func TestSeenCountsANumberOnce(t *testing.T) {
	var s seen
	for _, step := range []struct {
		number int64
		fresh  bool
	}{{1, true}, {1, false}, {3, true}, {2, true}, {2, false}, {3, false}, {200, true}, {199, true}, {3, false}} {
		if got := s.add(step.number); got != step.fresh {
			t.Fatalf("%d: %v", step.number, got)
		}
	}
}

func TestMissingTellsSupersededFromLost(t *testing.T) {
	var s seen
	for _, number := range []int64{1, 2, 4, 7} {
		s.add(number)
	}
	for _, step := range []struct{ from, to, superseded, lost int64 }{
		{1, 7, 3, 0},
		{1, 9, 3, 2},
		{4, 5, 1, 0},
		{8, 9, 0, 2},
		{3, 3, 1, 0},
		{4, 4, 0, 0},
	} {
		if superseded, lost := s.missing(step.from, step.to); superseded != step.superseded || lost != step.lost {
			t.Fatalf("%d to %d: %d superseded, %d lost", step.from, step.to, superseded, lost)
		}
	}
	if superseded, lost := (&seen{}).missing(1, 3); superseded != 0 || lost != 3 {
		t.Fatalf("of nothing: %d superseded, %d lost", superseded, lost)
	}
}
