package main

import (
	"testing"
	"time"
)

func TestSilenceIsTheLongestAndEndsWithNewNews(t *testing.T) {
	s := silence{last: 10 * time.Second, faultAt: 10 * time.Second}
	// Was due before the fault: the silence is broken, but nothing has resumed.
	s.broken(11*time.Second, 9*time.Second)
	if s.resumed != 0 {
		t.Fatal("old news is no recovery")
	}
	s.broken(14*time.Second, 12*time.Second)
	s.broken(15*time.Second, 15*time.Second)
	if s.longest != 3*time.Second || s.resumed != 14*time.Second {
		t.Fatalf("%+v", s)
	}
}

func TestReportOfSilenceCountsWhoNeverHeardAgain(t *testing.T) {
	b := &bench{faultAt: 5 * time.Second}
	cut := &client{bench: b, silence: silence{last: b.faultAt, faultAt: b.faultAt}}
	well := &client{bench: b, silence: silence{last: 9 * time.Second, longest: 100 * time.Millisecond, resumed: b.faultAt + time.Second}}
	b.clients = []*client{cut, well}
	got := b.silenceReport(10 * time.Second)
	if got.Clients != 2 || got.Silent != 1 || got.Never != 1 || got.GapMaxMs != 5000 || got.ResumedMs != 1000 {
		t.Fatalf("%+v", got)
	}
}
