package main

import "testing"

func TestEverybodyIsSummedUp(t *testing.T) {
	b := &bench{nodes: 1}
	ann, bob := newClient(b, "ann", "r", 0, 0, 0), newClient(b, "bob", "r", 1, 0, 0)
	b.clients = []*client{ann, bob}
	ann.current, ann.moved = &conn{}, 1
	ann.sent, ann.firstInWindow = 2, 1
	// Bob got the second update of Ann only, and was shown her leaving and coming back.
	ann.seen[0].add(1)
	ann.seen[0].add(2)
	bob.seen[0].add(2)
	ann.roster["bob"], bob.roster["ann"] = "present", "present"
	bob.show([]change{{"ann", "gone"}}, 1)
	bob.show([]change{{"ann", "present"}}, 2)
	got := b.everybodyReport()
	want := everybodyResult{Clients: 2, Moves: 1, NeverMoved: 1, Without: 1, Complete: 2, Joins: 1, Leaves: 1, Superseded: 1}
	if got != want {
		t.Fatalf("%+v", got)
	}
}

func TestWhoMovesIsToldOfWhatChangedMeanwhile(t *testing.T) {
	b := &bench{nodes: 1}
	ann := newClient(b, "ann", "r", 0, 0, 0)
	ann.startRoster([]member{{"bob", "present"}, {"cat", "present"}}, true, 1)
	if len(ann.events) != 0 {
		t.Fatal("the first roster is no event")
	}
	ann.startRoster([]member{{"bob", "reconnecting"}}, true, 2)
	if len(ann.events) != 2 || ann.roster["cat"] != "" {
		t.Fatalf("%+v", ann.events)
	}
}

func TestTheSlowerOfTwoConnectionsTakesNothingBack(t *testing.T) {
	c := &client{roster: map[string]string{}}
	c.startFrom(7)
	if c.isNews(7) || !c.isNews(9) || c.isNews(8) || !c.isNews(0) {
		t.Fatal("numbers are news once, and what has none always")
	}
	c.startFrom(2)
	if !c.isNews(3) {
		t.Fatal("a new epoch begins with lower numbers")
	}
}
