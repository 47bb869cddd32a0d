// Command driver puts the load of the presence benchmark on one kind of server and measures what comes back. It is a
// program of its own in Go because a driver that shares the machine with the servers must be cheap: one in Node spent
// more than the servers and showed its own queue as their latency.
//
// It reads commands from standard input and writes answers to standard output, one JSON object a line. It ends with its
// input.
package main

import (
	"bufio"
	"cmp"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"runtime/debug"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

const (
	connectAtOnce = 32
	// A machine that is busy with other things may be too slow once, and a Service lags behind the pods that are ready.
	connectTries = 6
)

type bench struct {
	protocol protocol
	clients  []*client
	// How many servers there are, and whether people have the roles of a crew.
	nodes      int
	crew       bool
	load       window
	sentInRoom map[string]int64
	closing    atomic.Bool
	faultAt    time.Duration
	// How long the last updates of a load that is stopped may take.
	patience time.Duration

	mu       sync.Mutex
	targets  []string
	failures map[string]int
	stopLoad chan struct{}
	loadDone chan loadResult
	output   sync.Mutex
}

type command struct {
	Op      string  `json:"op"`
	Count   int     `json:"count"`
	Rate    float64 `json:"rate"`
	Warmup  float64 `json:"warmup"`
	Seconds float64 `json:"seconds"`
	Node    int     `json:"node"`
	Address string  `json:"address"`
	Room    string  `json:"room"`
}

func main() {
	server := flag.String("server", "", "ours, socket.io or ws")
	targets := flag.String("targets", "", "host:port of each server, by comma")
	secret := flag.String("secret", "", "shared secret of the tokens of ours")
	crew := flag.Bool("crew", false, "the roles of a wedding crew, not \"other\" for all")
	flag.Parse()
	// Little garbage is made; collecting it less often keeps pauses out of the latencies.
	debug.SetGCPercent(400)
	p, err := protocolOf(*server, *secret)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(2)
	}
	addresses := strings.Split(*targets, ",")
	if len(addresses) > 1 && len(addresses)%2 != 0 {
		fmt.Fprintln(os.Stderr, "the people of a room are on two servers: an even number of targets is needed")
		os.Exit(2)
	}
	b := &bench{protocol: p, targets: addresses, nodes: len(addresses), crew: *crew, failures: map[string]int{}}
	lines := bufio.NewScanner(os.Stdin)
	for lines.Scan() {
		var c command
		if err := json.Unmarshal(lines.Bytes(), &c); err != nil {
			b.say(map[string]any{"error": err.Error()})
			continue
		}
		result, err := b.run(c)
		if err != nil {
			b.say(map[string]any{"done": c.Op, "error": err.Error()})
		} else {
			b.say(map[string]any{"done": c.Op, "result": result})
		}
	}
}

func (b *bench) run(c command) (any, error) {
	seconds := time.Duration(c.Seconds * float64(time.Second))
	switch c.Op {
	case "connect":
		return nil, b.connect(c.Count)
	case "load":
		return b.runLoad(c.Rate, time.Duration(c.Warmup*float64(time.Second)), seconds, nil), nil
	case "load-start":
		b.stopLoad, b.loadDone = make(chan struct{}), make(chan loadResult, 1)
		go func() { b.loadDone <- b.runLoad(c.Rate, 0, seconds, b.stopLoad) }()
		return nil, nil
	case "load-stop":
		b.patience = cmp.Or(seconds, arrivesAfterFaultWithin)
		close(b.stopLoad)
		return <-b.loadDone, nil
	case "mark":
		b.mark()
		return nil, nil
	case "doom":
		for _, one := range b.clients {
			one.doomed.Store(one.node == c.Node)
		}
		return nil, nil
	case "watch-kill":
		return b.watchKill(c.Node, seconds), nil
	case "retarget":
		b.mu.Lock()
		b.targets[c.Node] = c.Address
		b.mu.Unlock()
		return nil, nil
	case "await-moved":
		b.awaitMoved(c.Node, seconds)
		return nil, nil
	case "await-rosters":
		return b.awaitRosters(seconds), nil
	case "everybody-report":
		return b.everybodyReport(), nil
	case "roll-report":
		return b.rollReport(c.Node), nil
	case "fault":
		return b.beginFault(), nil
	case "silence-report":
		return b.silenceReport(now()), nil
	case "churn":
		return b.churn(c.Rate, seconds), nil
	case "storm":
		return b.storm(c.Count, c.Room)
	case "failures":
		b.mu.Lock()
		defer b.mu.Unlock()
		return b.failures, nil
	}
	return nil, fmt.Errorf("unknown command %q", c.Op)
}

// placeOf is the server of a client. Rooms are on two servers each, their seats on these in turn.
func placeOf(client, nodes int) int {
	if nodes < 2 {
		return 0
	}
	room := client / roomSize
	return 2*(room%(nodes/2)) + client%2
}

// connect adds clients until there are count of them, in rooms of 25.
func (b *bench) connect(count int) error {
	var wait sync.WaitGroup
	slots := make(chan struct{}, connectAtOnce)
	var mu sync.Mutex
	var failed error
	for i := len(b.clients); i < count; i++ {
		seat := i % roomSize
		c := newClient(b, fmt.Sprintf("m-%d", i), fmt.Sprintf("room-%d", i/roomSize), seat, placeOf(i, b.nodes), i-seat)
		b.clients = append(b.clients, c)
		slots <- struct{}{}
		wait.Go(func() {
			defer func() { <-slots }()
			c.handOver.Lock()
			defer c.handOver.Unlock()
			n, err := c.open("")
			var wait time.Duration
			for again := 1; err != nil && again < connectTries; again++ {
				b.fail("connected at a later try")
				wait = c.protocol.backoff(again, wait)
				time.Sleep(wait)
				n, err = c.open("")
			}
			if err == nil {
				c.use(n, 0)
				return
			}
			mu.Lock()
			failed = err
			mu.Unlock()
		})
	}
	wait.Wait()
	return failed
}

// mark forgets what was seen so far.
func (b *bench) mark() {
	for _, c := range b.clients {
		c.mu.Lock()
		c.events, c.away, c.moved = nil, nil, 0
		c.mu.Unlock()
	}
	b.mu.Lock()
	b.failures = map[string]int{}
	b.mu.Unlock()
}

func (b *bench) address(node int) string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.targets[node]
}

// fail counts something that should not happen, by its name.
func (b *bench) fail(what string) {
	b.mu.Lock()
	b.failures[what]++
	b.mu.Unlock()
}

func (b *bench) say(line any) {
	text, _ := json.Marshal(line)
	b.output.Lock()
	defer b.output.Unlock()
	os.Stdout.Write(append(text, '\n'))
}
