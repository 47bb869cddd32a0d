package main

import (
	"slices"
	"time"
)

// silentFrom is how long a client must have heard nothing of people on the other server to count as cut off.
const silentFrom = time.Second

// silence follows how long a client hears nothing from the other server of its room.
type silence struct {
	last, longest, resumed time.Duration
	faultAt                time.Duration
}

// broken tells of an update from the other server: when it came and when it was due.
func (s *silence) broken(at, due time.Duration) {
	s.longest = max(s.longest, at-s.last)
	s.last = at
	if s.resumed == 0 && s.faultAt > 0 && due >= s.faultAt {
		s.resumed = at
	}
}

type silenceResult struct {
	Clients int `json:"clients"`
	// Those who heard nothing for a second and more, and those who never heard again of anybody.
	Silent int `json:"silent"`
	Never  int `json:"never"`
	// The longest silence of anybody, and of half of those who were cut off.
	GapMaxMs float64 `json:"gapMaxMs"`
	GapP50Ms float64 `json:"gapP50Ms"`
	// From the fault to the first update that was due after it, of the client that waited longest.
	ResumedMs float64 `json:"resumedMs"`
}

// beginFault forgets the silences so far and gives the longest of them: that of an undisturbed load.
func (b *bench) beginFault() float64 {
	b.faultAt = now()
	var longest time.Duration
	for _, c := range b.clients {
		c.mu.Lock()
		longest = max(longest, c.silence.longest)
		c.silence = silence{last: b.faultAt, faultAt: b.faultAt}
		c.mu.Unlock()
	}
	return milliseconds(longest)
}

func (b *bench) silenceReport(at time.Duration) silenceResult {
	result := silenceResult{Clients: len(b.clients)}
	var gaps []time.Duration
	var longest, resumed time.Duration
	for _, c := range b.clients {
		c.mu.Lock()
		mine := c.silence
		c.mu.Unlock()
		gap := mine.longest
		if mine.resumed == 0 {
			result.Never++
			gap = at - mine.last
		}
		longest, resumed = max(longest, gap), max(resumed, mine.resumed)
		if gap >= silentFrom {
			gaps = append(gaps, gap)
		}
	}
	slices.Sort(gaps)
	result.Silent, result.GapMaxMs, result.GapP50Ms = len(gaps), milliseconds(longest), rank(gaps, 0.5)
	result.ResumedMs = milliseconds(max(0, resumed-b.faultAt))
	return result
}
