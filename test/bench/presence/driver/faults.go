package main

import (
	"cmp"
	"fmt"
	"slices"
	"sync"
	"time"
)

const (
	pollEvery  = 250 * time.Millisecond
	pollWithin = 10 * time.Second
	polledPool = 5
	// A join storm is over when nothing came for this long.
	quiet       = time.Second
	stormWithin = 15 * time.Second
)

type killResult struct {
	Dead      int `json:"dead"`
	Survivors int `json:"survivors"`
	// Pairs of a survivor and a dead member of the same room.
	Pairs int `json:"pairs"`
	// Pairs for which the survivor was told that the other is lost or gone; when, the first and the last of them.
	Told     int     `json:"told"`
	FirstMs  float64 `json:"firstMs"`
	LastMs   float64 `json:"lastMs"`
	SpreadMs float64 `json:"spreadMs"`
	// Leave events to survivors, and events of either kind beyond the first for the same pair.
	Leaves     int `json:"leaves"`
	Duplicates int `json:"duplicates"`
	// The worst of the polled rooms: when the list no longer showed a dead member as there (-1: not in time), how long
	// the slowest answer took, and how many queries failed.
	ListMs    float64 `json:"listMs"`
	SlowestMs float64 `json:"slowestListMs"`
	Failed    int     `json:"failedLists"`
}

// watchKill is called at the moment at which a server was killed whose clients are doomed.
func (b *bench) watchKill(node int, length time.Duration) killResult {
	from := now()
	result := killResult{}
	rooms := map[string][]*client{}
	for _, c := range b.clients {
		rooms[c.room] = append(rooms[c.room], c)
		if c.node == node {
			result.Dead++
		} else {
			result.Survivors++
		}
	}
	b.pollLists(rooms, node, from, length, &result)
	time.Sleep(from + length - now())
	first := time.Duration(-1)
	var last, spread time.Duration
	for _, members := range rooms {
		for _, c := range members {
			if c.node == node {
				continue
			}
			c.mu.Lock()
			shown := c.tallyDead(members, node, &result)
			c.mu.Unlock()
			if len(shown) == 0 {
				continue
			}
			earliest, latest := slices.Min(shown), slices.Max(shown)
			if first < 0 || earliest < first {
				first = earliest
			}
			last, spread = max(last, latest), max(spread, latest-earliest)
		}
	}
	if first >= 0 {
		result.FirstMs, result.LastMs, result.SpreadMs = milliseconds(first-from), milliseconds(last-from), milliseconds(spread)
	}
	return result
}

// tallyDead gives, for each dead member of the room that this client was told about, when it was told first.
func (c *client) tallyDead(members []*client, node int, result *killResult) []time.Duration {
	var shown []time.Duration
	for _, dead := range members {
		if dead.node != node {
			continue
		}
		result.Pairs++
		var lost, left []time.Duration
		for _, e := range c.events {
			if e.user == dead.user && e.kind == sawLost {
				lost = append(lost, e.at)
			} else if e.user == dead.user && e.kind == sawLeave {
				left = append(left, e.at)
			}
		}
		result.Leaves += len(left)
		result.Duplicates += max(0, len(lost)-1) + max(0, len(left)-1)
		if told := append(lost, left...); len(told) > 0 {
			result.Told++
			shown = append(shown, told[0])
		}
	}
	return shown
}

// pollLists asks one survivor in some rooms for the list again and again, as an application would that gets no event.
func (b *bench) pollLists(rooms map[string][]*client, node int, from, length time.Duration, result *killResult) {
	var names []string
	for name := range rooms {
		names = append(names, name)
	}
	slices.SortFunc(names, cmp.Compare[string])
	var wait sync.WaitGroup
	var mu sync.Mutex
	for _, name := range names[:min(polledPool, len(names))] {
		at := slices.IndexFunc(rooms[name], func(c *client) bool { return c.node != node })
		if at < 0 {
			continue
		}
		wait.Go(func() {
			cleared, slowest, failed := rooms[name][at].pollList(rooms[name], node, from, length)
			mu.Lock()
			defer mu.Unlock()
			result.Failed += failed
			result.SlowestMs = max(result.SlowestMs, milliseconds(slowest))
			if cleared < 0 || result.ListMs < 0 {
				result.ListMs = -1
			} else {
				result.ListMs = max(result.ListMs, milliseconds(cleared-from))
			}
		})
	}
	wait.Wait()
}

func (c *client) pollList(room []*client, node int, from, length time.Duration) (cleared, slowest time.Duration, failed int) {
	dead := map[string]bool{}
	for _, other := range room {
		dead[other.user] = other.node == node
	}
	for now() < from+length {
		asked := now()
		answer, err := c.askList()
		slowest = max(slowest, now()-asked)
		if err != nil || answer.kind == refused {
			failed++
		} else if !slices.ContainsFunc(answer.members, func(m member) bool { return dead[m.User] && m.State == "present" }) {
			return now(), slowest, failed
		}
		time.Sleep(pollEvery)
	}
	return -1, slowest, failed
}

func (c *client) askList() (message, error) {
	select {
	case <-c.lists:
	default:
	}
	c.mu.Lock()
	n := c.current
	c.mu.Unlock()
	if n == nil {
		return message{}, fmt.Errorf("%s has no connection", c.user)
	}
	c.asking.Store(true)
	if err := n.send(c.protocol.list(c)); err != nil {
		return message{}, err
	}
	select {
	case answer := <-c.lists:
		return answer, nil
	case <-time.After(pollWithin):
		return message{}, fmt.Errorf("no list within %s", pollWithin)
	}
}

type rollResult struct {
	Moved int `json:"moved"`
	Stuck int `json:"stuck"`
	// What those saw who did not move, each on average; all they saw is false.
	Joins  float64 `json:"falseJoins"`
	Leaves float64 `json:"falseLeaves"`
	Losses float64 `json:"falseLosses"`
	// Updates that those who moved, and those who did not, never got, each on average.
	MissedByMoved  float64 `json:"missedByMoved"`
	MissedByOthers float64 `json:"missedByOthers"`
	AwayP50        float64 `json:"awayP50Ms"`
	AwayP95        float64 `json:"awayP95Ms"`
	AwayMax        float64 `json:"awayMaxMs"`
}

// rollReport tells what came of a planned end of a server, after the load that ran meanwhile.
func (b *bench) rollReport(node int) rollResult {
	result := rollResult{}
	var away []time.Duration
	var stayed, missedMoved, missedOthers float64
	counts := map[eventKind]float64{}
	for _, c := range b.clients {
		c.mu.Lock()
		missed := float64(b.sentInRoom[c.room] - c.arrived)
		if c.node == node {
			away = append(away, c.away...)
			missedMoved += missed
			if c.moved == 0 || c.current == nil {
				result.Stuck++
			} else {
				result.Moved++
			}
		} else {
			stayed++
			missedOthers += missed
			for _, e := range c.events {
				counts[e.kind]++
			}
		}
		c.mu.Unlock()
	}
	slices.Sort(away)
	share := func(sum, count float64) float64 { return round(sum / max(1, count)) }
	result.Joins, result.Leaves, result.Losses = share(counts[sawJoin], stayed), share(counts[sawLeave], stayed), share(counts[sawLost], stayed)
	result.MissedByMoved = share(missedMoved, float64(result.Moved+result.Stuck))
	result.MissedByOthers = share(missedOthers, stayed)
	result.AwayP50, result.AwayP95, result.AwayMax = rank(away, 0.5), rank(away, 0.95), rank(away, 1)
	return result
}

// awaitMoved waits until every client of a server has moved.
func (b *bench) awaitMoved(node int, within time.Duration) {
	for giveUp := now() + within; now() < giveUp; time.Sleep(50 * time.Millisecond) {
		if !slices.ContainsFunc(b.clients, func(c *client) bool {
			c.mu.Lock()
			defer c.mu.Unlock()
			return c.node == node && (c.moved == 0 || c.current == nil)
		}) {
			return
		}
	}
}

type stormResult struct {
	Joins    int   `json:"joins"`
	Messages int64 `json:"messages"`
	Bytes    int64 `json:"bytes"`
	// Clients that at the end see everybody, and when the last of them did.
	Complete   int     `json:"complete"`
	CompleteMs float64 `json:"completeMs"`
}

// storm lets many people who are connected already join one empty room at once, spread over the servers.
func (b *bench) storm(count int, room string) (stormResult, error) {
	conns := make([]*conn, count)
	for i := range conns {
		c := newClient(b, fmt.Sprintf("%s-%d", room, i), room, 0, i%len(b.targets), 0)
		c.held.Store(true)
		c.doomed.Store(true)
		n, err := c.open("")
		if err != nil {
			return stormResult{}, err
		}
		conns[i] = n
	}
	// The greetings, which are not part of the storm.
	time.Sleep(quiet)
	for _, n := range conns {
		n.frames.Store(0)
		n.bytes.Store(0)
	}
	from := now()
	var wait sync.WaitGroup
	for _, n := range conns {
		wait.Go(func() { n.join() })
	}
	wait.Wait()
	result := stormResult{Joins: count}
	lastCame := now()
	for now() < from+stormWithin && now() < lastCame+quiet {
		time.Sleep(time.Millisecond)
		messages, complete := int64(0), 0
		for _, n := range conns {
			messages += n.frames.Load()
			n.client.mu.Lock()
			if _, self := n.client.roster[n.client.user]; len(n.client.roster) == count || (len(n.client.roster) == count-1 && !self) {
				complete++
			}
			n.client.mu.Unlock()
		}
		if messages != result.Messages {
			lastCame = now()
		}
		if complete > result.Complete {
			result.CompleteMs = milliseconds(now() - from)
		}
		result.Messages, result.Complete = messages, complete
	}
	for _, n := range conns {
		result.Bytes += n.bytes.Load()
		n.close()
	}
	return result, nil
}
