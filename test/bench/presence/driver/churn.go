package main

import (
	"sync"
	"sync/atomic"
	"time"
)

// flapping is the share of the people whose connections come and go: every fifth.
const flapping = 5

type churnResult struct {
	// Connections that were cut, and clients that had one at the end.
	Drops     int `json:"drops"`
	Connected int `json:"connected"`
	// Questions for the list, and those without an answer.
	Lists       int   `json:"lists"`
	FailedLists int64 `json:"failedLists"`
}

// churn cuts connections at a fixed rate, always of the same fifth of the people, as phones behind thick walls; they come
// back as clients do. At the same rate somebody asks for the list.
func (b *bench) churn(rate float64, length time.Duration) churnResult {
	result := churnResult{}
	begin := now()
	var failed atomic.Int64
	var asking sync.WaitGroup
	order := jump(len(b.clients))
	for k := 0; ; k++ {
		due := begin + time.Duration(float64(k)*float64(time.Second)/rate)
		if due >= begin+length {
			break
		}
		time.Sleep(due - now())
		if b.clients[flapping*k%len(b.clients)].cut() {
			result.Drops++
		}
		result.Lists++
		asks := order(k)
		if asks%flapping == 0 {
			asks = (asks + 1) % len(b.clients)
		}
		asking.Go(func() {
			if answer, err := b.clients[asks].askList(); err != nil || answer.kind == refused {
				failed.Add(1)
			}
		})
	}
	asking.Wait()
	b.awaitConnected(readyWithin)
	for _, c := range b.clients {
		if c.connected() {
			result.Connected++
		}
	}
	result.FailedLists = failed.Load()
	return result
}

// cut drops the socket without a word.
func (c *client) cut() bool {
	c.mu.Lock()
	n := c.current
	c.mu.Unlock()
	if n != nil {
		n.raw.Close()
	}
	return n != nil
}

func (c *client) connected() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.current != nil
}

func (b *bench) awaitConnected(within time.Duration) {
	for giveUp := now() + within; now() < giveUp; time.Sleep(50 * time.Millisecond) {
		all := true
		for _, c := range b.clients {
			all = all && c.connected()
		}
		if all {
			return
		}
	}
}
