package main

import (
	"bytes"
	"fmt"
	"sync"
	"sync/atomic"
	"time"
)

const (
	readyWithin = 10 * time.Second
	roomSize    = 25
)

// event is something about another member that a client was shown.
type event struct {
	kind eventKind
	user string
	at   time.Duration
}

type eventKind int

const (
	sawJoin eventKind = iota
	sawLost
	sawBack
	sawLeave
)

// client is one person, who outlives sockets.
type client struct {
	*bench
	user, room string
	seat, node int
	// Which client of the bench has seat 0 of the same room.
	first int
	// Of ours; kept, as a phone keeps its own.
	token string
	// A doomed client stays away when its server dies. A held one joins when it is told to.
	doomed, held atomic.Bool
	lastPayload  atomic.Pointer[[]byte]
	// Whether somebody waits for the list, and where it goes.
	asking atomic.Bool
	lists  chan message

	// One change of connection at a time: the next server may say at once that it goes away as well.
	handOver sync.Mutex

	mu sync.Mutex
	// Updates go out over this one.
	current *conn
	// What this one says is shown: the newest that was asked to join. For a moment there are two, and they are not at the
	// same number; src/client does the same.
	shown   *conn
	moving  bool
	waiting [][]byte
	sent    int64
	// The first update that was due in the window of the load; 0 when none was.
	firstInWindow int64
	seen          []seen
	// Updates that arrived since the load began, and how late those of the window were.
	arrived   int64
	latencies [laneCount][]time.Duration
	silence   silence
	roster    map[string]string
	// By user of whom something without a number is shown: what the numbered state says, "gone" for nobody.
	provisional map[string]string
	// Somebody of a full room is missing or not present: a frame with an update may also say that they are back.
	unsettled bool
	events    []event
	away      []time.Duration
	moved     int
}

// conn is one socket of a client.
type conn struct {
	*socket
	client *client
	// What a later connection may resume, and what this one does.
	name, resumes string
	seq           int64
	ready, ended  chan struct{}
	endedAt       time.Duration
	wasReady      bool
}

func newClient(b *bench, user, room string, seat, node, first int) *client {
	return &client{bench: b, user: user, room: room, seat: seat, node: node, first: first,
		lists: make(chan message, 1), seen: make([]seen, roomSize), roster: map[string]string{}}
}

// open connects and joins; a held client only connects.
func (c *client) open(resumes string) (*conn, error) {
	s, err := dial(c.address(c.node), c.protocol.path(c))
	if err != nil {
		return nil, err
	}
	n := &conn{socket: s, client: c, resumes: resumes, ready: make(chan struct{}), ended: make(chan struct{})}
	go n.read()
	if c.held.Load() {
		return n, nil
	}
	select {
	case <-n.ready:
		return n, nil
	case <-n.ended:
		return nil, fmt.Errorf("the server ended the connection of %s before its join was answered", c.user)
	case <-time.After(readyWithin):
		n.raw.Close()
		return nil, fmt.Errorf("no answer to the join of %s", c.user)
	}
}

func (n *conn) read() {
	for {
		frame, err := n.next()
		if err != nil {
			break
		}
		n.client.receive(n, frame, now())
	}
	n.raw.Close()
	n.endedAt = now()
	close(n.ended)
	n.client.lostSocket(n)
}

func (c *client) receive(n *conn, frame []byte, at time.Duration) {
	if c.protocol.live(frame) {
		if c.record(frame, at) && c.isSettled() && !bytes.Contains(frame, []byte(`"reconnecting"`)) && !bytes.Contains(frame, []byte(`"op":"leave"`)) {
			n.follow(position(frame))
			return
		}
	}
	m, err := c.protocol.decode(frame)
	if err != nil {
		c.fail("undecodable frame")
		return
	}
	switch m.kind {
	case ping:
		n.send([]byte(m.answer()))
	case greeting:
		n.name = m.resume
		if !c.held.Load() {
			n.join()
		}
	case joined:
		c.record(frame, at)
		n.seq = m.seq
		c.startRoster(m.members, m.seq > 0, at)
		n.wasReady = true
		close(n.ready)
	case roster:
		c.record(frame, at)
		n.seq = m.seq
		// The answer to a question is no event; a state that nobody asked for is one.
		if !c.answerList(m) && c.shows(n) {
			c.replaceRoster(m.members, at)
		}
	case changed:
		if n.follow(m.prev, m.seq) && c.shows(n) {
			c.show(m.changes, at)
		}
	case provisional:
		if c.shows(n) {
			c.fail("provisional")
			c.showProvisional(m, at)
		}
	case drain:
		go c.moveAway(n)
	case refused:
		c.fail(m.code)
		c.answerList(m)
	}
}

func (m message) answer() string {
	if m.code != "" {
		return m.code
	}
	return "3"
}

// answerList gives a message to whoever asked for the list, and tells whether anybody did.
func (c *client) answerList(m message) bool {
	if !c.asking.CompareAndSwap(true, false) {
		return false
	}
	c.lists <- m
	return true
}

// join asks to become a member; from now on this connection is the one that the client shows.
func (n *conn) join() error {
	n.client.mu.Lock()
	n.client.shown = n
	n.client.mu.Unlock()
	return n.send(n.client.protocol.join(n.client, n.resumes))
}

func (c *client) shows(n *conn) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.shown == n
}

// follow keeps the sequence number of ours and tells whether a diff is news. One that starts after the number means that
// something is missing. What has no number is news.
func (n *conn) follow(prev, seq int64) bool {
	if prev > n.seq {
		n.client.fail("gap")
		n.send(n.client.protocol.list(n.client))
		return false
	}
	fresh := seq == 0 || seq > n.seq
	n.seq = max(n.seq, seq)
	return fresh
}

// record counts the updates of a frame and tells whether one of them was new.
func (c *client) record(frame []byte, at time.Duration) bool {
	fresh := false
	c.mu.Lock()
	defer c.mu.Unlock()
	for {
		var s stamp
		if s, frame = nextStamp(frame); frame == nil {
			return fresh
		}
		if s.seat >= len(c.seen) || !c.seen[s.seat].add(s.number) {
			continue
		}
		fresh = true
		if placeOf(c.first+s.seat, c.nodes) != c.node {
			c.silence.broken(at, s.due)
		}
		if s.due >= c.load.from && s.due < c.load.until {
			c.arrived++
			lane := c.laneOf(s.seat)
			c.latencies[lane] = append(c.latencies[lane], at-s.due)
		}
	}
}

// send gives an update to the server, or keeps it for the next connection as the clients of all three would. False
// when there will be none.
func (c *client) sendUpdate(due time.Duration) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.current == nil && c.doomed.Load() {
		return false
	}
	c.sent++
	if c.firstInWindow == 0 && due >= c.load.from {
		c.firstInWindow = c.sent
	}
	payload := stamp{c.seat, c.sent, due}.payload()
	c.lastPayload.Store(&payload)
	frame := c.protocol.update(c, payload)
	if c.current == nil || c.moving {
		c.waiting = append(c.waiting, frame)
		return true
	}
	c.current.send(frame)
	return true
}

// position reads prev and seq of a diff of ours without decoding it; zeros for the others, whose frames have none.
func position(frame []byte) (int64, int64) {
	return numberAfter(frame, []byte(`"prev":`)), numberAfter(frame, []byte(`"seq":`))
}

func numberAfter(frame, name []byte) int64 {
	at := bytes.Index(frame[:min(len(frame), 256)], name)
	if at < 0 {
		return 0
	}
	var number int64
	for _, b := range frame[at+len(name):] {
		if b < '0' || b > '9' {
			break
		}
		number = number*10 + int64(b-'0')
	}
	return number
}
