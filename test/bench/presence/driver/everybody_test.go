package main

import (
	"fmt"
	"net"
	"testing"
)

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

// The new connection starts at its own number, which may be behind what the old one has shown: a diff of the old one must
// not make those of the new one look known.
func TestOfTwoConnectionsTheNewerIsShownFromItsOwnNumberOn(t *testing.T) {
	b := &bench{nodes: 1, protocol: ours{}}
	ann := newClient(b, "ann", "r", 0, 0, 0)
	connect := func() *conn {
		n := &conn{socket: &socket{raw: &deaf{}}, client: ann, ready: make(chan struct{})}
		n.join()
		return n
	}
	frame := func(n *conn, text string) { ann.receive(n, []byte(text), 1) }
	bob := `["bob","planner",1]`
	old := connect()
	frame(old, `{"type":"snapshot","id":"j","seq":7,"members":[`+bob+`]}`)
	fresh := connect()
	frame(old, `{"type":"diff","prev":7,"seq":8,"changes":[["bob","planner",1,{"state":"reconnecting"}]]}`)
	frame(fresh, `{"type":"snapshot","id":"j","seq":7,"members":[`+bob+`]}`)
	frame(old, `{"type":"diff","prev":8,"seq":10,"changes":[["bob","planner",1],["cat","planner",1]]}`)
	frame(fresh, `{"type":"diff","prev":7,"seq":9,"changes":[["cat","planner",1]]}`)
	if len(ann.roster) != 2 || ann.roster["cat"] != "present" || ann.roster["bob"] != "present" {
		t.Fatalf("%v", ann.roster)
	}
	if fmt.Sprint(ann.events) != "[{0 cat 1}]" {
		t.Fatalf("bob was never seen as lost on what is shown: %v", ann.events)
	}
	frame(fresh, `{"type":"diff","prev":7,"seq":9,"changes":[{"op":"leave","user":"cat"}]}`)
	if ann.roster["cat"] != "present" {
		t.Fatal("a number is news once")
	}
}

func TestWhatIsProvisionalIsShownUntilItIsWithdrawnOrNumbered(t *testing.T) {
	b := &bench{nodes: 1, protocol: ours{}, failures: map[string]int{}}
	ann := newClient(b, "ann", "r", 0, 0, 0)
	n := &conn{socket: &socket{raw: &deaf{}}, client: ann, ready: make(chan struct{})}
	n.join()
	frame := func(text string) { ann.receive(n, []byte(text), 1) }
	frame(`{"type":"snapshot","id":"j","seq":7,"members":[["bob","planner",1],["cat","planner",1]]}`)
	frame(`{"type":"provisional","staleMs":300,"changes":[["bob","planner",1,{"state":"reconnecting"}],{"op":"leave","user":"cat"}],"withdrawn":[]}`)
	if ann.roster["bob"] != "reconnecting" || ann.roster["cat"] != "" {
		t.Fatalf("%v", ann.roster)
	}
	frame(`{"type":"provisional","staleMs":400,"changes":[],"withdrawn":["bob"]}`)
	frame(`{"type":"diff","prev":7,"seq":8,"changes":[["cat","planner",1]]}`)
	if ann.roster["bob"] != "present" || ann.roster["cat"] != "present" || len(ann.provisional) != 0 {
		t.Fatalf("%v", ann.roster)
	}
}

// deaf is a connection that takes everything and gives nothing.
type deaf struct{ net.Conn }

func (deaf) Write(frame []byte) (int, error) { return len(frame), nil }
