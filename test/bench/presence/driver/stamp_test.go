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
