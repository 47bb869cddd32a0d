package main

import (
	"math"
	"slices"
	"syscall"
	"time"
)

// How long the last updates may take before they count as missed: long under a steady load, where a busy machine must not
// look like a loss; short after a fault, where those that are lost never come.
const (
	arrivesWithin           = 10 * time.Second
	arrivesAfterFaultWithin = 2 * time.Second
)

// window is the time whose updates are counted, by the instant they were due.
type window struct{ from, until time.Duration }

type loadResult struct {
	Rate      float64 `json:"rate"`
	Seconds   float64 `json:"seconds"`
	Sent      int64   `json:"sent"`
	Expected  int64   `json:"expected"`
	Delivered int64   `json:"delivered"`
	// Of those that did not arrive: a later update of the same person did, so only the last value was shown; and those
	// after which nothing of that person came.
	Superseded int64   `json:"superseded"`
	Lost       int64   `json:"lost"`
	P50        float64 `json:"p50Ms"`
	P95        float64 `json:"p95Ms"`
	P99        float64 `json:"p99Ms"`
	Max        float64 `json:"maxMs"`
	// Of this process: the share of one core in the window, and how much later than due updates were written.
	CPU     float64 `json:"cpuShare"`
	LagMean float64 `json:"lagMeanMs"`
	LagP99  float64 `json:"lagP99Ms"`
	// By the lane of the sender; one with people of other roles only has all in lane 3.
	Lanes []laneResult `json:"lanes"`
}

type laneResult struct {
	Lane      int     `json:"lane"`
	Delivered int     `json:"delivered"`
	P50       float64 `json:"p50Ms"`
	P99       float64 `json:"p99Ms"`
	Max       float64 `json:"maxMs"`
}

// runLoad sends updates at a fixed rate, each by the next client in an order that jumps between rooms, whether or not
// earlier ones have arrived. With a channel to stop it, it ends early.
func (b *bench) runLoad(rate float64, warmup, length time.Duration, stop <-chan struct{}) loadResult {
	begin := now()
	b.openWindow(begin+warmup, begin+warmup+length)
	interval := float64(time.Second) / rate
	order := jump(len(b.clients))
	var lags []time.Duration
	var cpu time.Duration
	perRoom := map[string]int64{}
	inWindow := false
	var sent int64
	for k := 0; ; k++ {
		due := begin + time.Duration(float64(k)*interval)
		if due >= begin+warmup+length || stopped(stop) {
			break
		}
		if wait := due - now(); wait > 0 {
			time.Sleep(wait)
		}
		if !inWindow && due >= begin+warmup {
			inWindow = true
			cpu = cpuTime()
			b.say(map[string]any{"event": "window-begins"})
		}
		c := b.clients[order(k)]
		lag := now() - due
		if c.sendUpdate(due) && inWindow {
			sent++
			perRoom[c.room]++
			lags = append(lags, lag)
		}
	}
	ended := min(now(), b.load.until)
	cpu = cpuTime() - cpu
	b.say(map[string]any{"event": "window-ends"})
	result := loadResult{Rate: rate, Seconds: (ended - b.load.from).Seconds(), Sent: sent}
	b.sentInRoom = perRoom
	for _, c := range b.clients {
		if !c.doomed.Load() {
			result.Expected += perRoom[c.room]
		}
	}
	if stop == nil {
		b.awaitArrivals(arrivesWithin)
	} else {
		b.awaitArrivals(b.patience)
	}
	var all []time.Duration
	var lanes [laneCount][]time.Duration
	sentBy := b.sentInWindow()
	for _, c := range b.clients {
		c.mu.Lock()
		if !c.doomed.Load() {
			superseded, lost := c.missing(sentBy)
			result.Delivered += c.arrived
			result.Superseded += superseded
			result.Lost += lost
		}
		for lane, latencies := range c.latencies {
			lanes[lane] = append(lanes[lane], latencies...)
			all = append(all, latencies...)
		}
		c.mu.Unlock()
	}
	for lane, latencies := range lanes {
		slices.Sort(latencies)
		if len(latencies) > 0 {
			result.Lanes = append(result.Lanes,
				laneResult{lane + 1, len(latencies), rank(latencies, 0.5), rank(latencies, 0.99), rank(latencies, 1)})
		}
	}
	slices.Sort(all)
	slices.Sort(lags)
	result.P50, result.P95, result.P99, result.Max = rank(all, 0.5), rank(all, 0.95), rank(all, 0.99), rank(all, 1)
	result.CPU = round(cpu.Seconds() / result.Seconds)
	result.LagMean, result.LagP99 = mean(lags), rank(lags, 0.99)
	return result
}

func (b *bench) openWindow(from, until time.Duration) {
	for _, c := range b.clients {
		c.mu.Lock()
	}
	b.load = window{from, until}
	for _, c := range b.clients {
		c.arrived = 0
		c.firstInWindow = 0
		c.silence = silence{last: now()}
		for lane := range c.latencies {
			c.latencies[lane] = c.latencies[lane][:0]
		}
		c.mu.Unlock()
	}
}

// numbers are updates of one client, the first and the last; none when the last is less.
type numbers struct{ from, to int64 }

// sentInWindow gives for each client what it sent in the window.
func (b *bench) sentInWindow() []numbers {
	all := make([]numbers, len(b.clients))
	for i, c := range b.clients {
		c.mu.Lock()
		all[i] = numbers{c.firstInWindow, c.sent}
		if c.firstInWindow == 0 {
			all[i] = numbers{1, 0}
		}
		c.mu.Unlock()
	}
	return all
}

// missing counts what did not arrive here; the caller holds the lock.
func (c *client) missing(sentBy []numbers) (superseded, lost int64) {
	for seat := range c.seen {
		if c.first+seat >= len(sentBy) {
			break
		}
		sent := sentBy[c.first+seat]
		if sent.to < sent.from {
			continue
		}
		past, never := c.seen[seat].missing(sent.from, sent.to)
		superseded, lost = superseded+past, lost+never
	}
	return superseded, lost
}

// awaitArrivals waits until the last update of everybody has reached everybody.
func (b *bench) awaitArrivals(within time.Duration) {
	sentBy := b.sentInWindow()
	for giveUp := now() + within; now() < giveUp; time.Sleep(20 * time.Millisecond) {
		if !slices.ContainsFunc(b.clients, func(c *client) bool {
			if c.doomed.Load() {
				return false
			}
			c.mu.Lock()
			defer c.mu.Unlock()
			_, lost := c.missing(sentBy)
			return lost > 0
		}) {
			return
		}
	}
}

// jump gives an order in which every client comes once in count steps and neighbours are far from each other.
func jump(count int) func(int) int {
	const stride = 7919
	return func(k int) int { return (k % count) * stride % count }
}

func stopped(stop <-chan struct{}) bool {
	select {
	case <-stop:
		return true
	default:
		return false
	}
}

func cpuTime() time.Duration {
	var usage syscall.Rusage
	syscall.Getrusage(syscall.RUSAGE_SELF, &usage)
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}

// rank is the nearest rank, in milliseconds; 0 without values.
func rank(sorted []time.Duration, share float64) float64 {
	if len(sorted) == 0 {
		return 0
	}
	at := max(0, int(math.Ceil(share*float64(len(sorted))))-1)
	return milliseconds(sorted[at])
}

func mean(values []time.Duration) float64 {
	var sum time.Duration
	for _, value := range values {
		sum += value
	}
	return milliseconds(sum / time.Duration(max(1, len(values))))
}

func milliseconds(d time.Duration) float64 { return round(float64(d) / float64(time.Millisecond)) }

func round(value float64) float64 { return math.Round(value*1000) / 1000 }
