package main

import (
	"slices"
	"time"
)

// everybodyResult is what all clients saw while all servers behind one address were renewed. Sums, not averages: one
// event anywhere is one too many.
type everybodyResult struct {
	Clients int `json:"clients"`
	// Changes of connection, clients without any, and clients that have no connection at the end.
	Moves      int `json:"moves"`
	NeverMoved int `json:"neverMoved"`
	Without    int `json:"withoutConnection"`
	// Clients that at the end see everybody of their room as present.
	Complete int `json:"completeRosters"`
	// Events that anybody saw of anybody else.
	Joins  int `json:"joins"`
	Leaves int `json:"leaves"`
	Losses int `json:"losses"`
	// Updates that somebody did not get, but a later one of the same person; and those without a later one.
	Superseded int64   `json:"superseded"`
	Lost       int64   `json:"lost"`
	AwayP50    float64 `json:"awayP50Ms"`
	AwayP95    float64 `json:"awayP95Ms"`
	AwayMax    float64 `json:"awayMaxMs"`
}

func (b *bench) everybodyReport() everybodyResult {
	result := everybodyResult{Clients: len(b.clients)}
	sentBy := b.sentInWindow()
	var away []time.Duration
	for _, c := range b.clients {
		if b.seesEverybody(c) {
			result.Complete++
		}
		c.mu.Lock()
		superseded, lost := c.missing(sentBy)
		result.Superseded, result.Lost = result.Superseded+superseded, result.Lost+lost
		result.Moves += c.moved
		if c.moved == 0 {
			result.NeverMoved++
		}
		if c.current == nil {
			result.Without++
		}
		for _, e := range c.events {
			switch e.kind {
			case sawJoin:
				result.Joins++
			case sawLeave:
				result.Leaves++
			case sawLost:
				result.Losses++
			}
		}
		away = append(away, c.away...)
		c.mu.Unlock()
	}
	slices.Sort(away)
	result.AwayP50, result.AwayP95, result.AwayMax = rank(away, 0.5), rank(away, 0.95), rank(away, 1)
	return result
}

// seesEverybody tells whether all others of the room are present in the roster of a client.
func (b *bench) seesEverybody(c *client) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, other := range b.clients[c.first:min(c.first+roomSize, len(b.clients))] {
		if other != c && c.roster[other.user] != "present" {
			return false
		}
	}
	return true
}

// awaitRosters waits until everybody sees everybody, and gives the number of those who do.
func (b *bench) awaitRosters(within time.Duration) int {
	giveUp := now() + within
	for {
		complete := 0
		for _, c := range b.clients {
			if b.seesEverybody(c) {
				complete++
			}
		}
		if complete == len(b.clients) || now() > giveUp {
			return complete
		}
		time.Sleep(50 * time.Millisecond)
	}
}
