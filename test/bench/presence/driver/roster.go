package main

import (
	"maps"
	"time"
)

// startRoster takes over who is there at a join. Events of the peers may come before their list, which was made before
// them, so these two are put together; a numbered state needs no such care.
func (c *client) startRoster(members []member, numbered bool, at time.Duration) {
	c.mu.Lock()
	known := len(c.roster) > 0
	c.mu.Unlock()
	// Who moves to another connection saw people before: what has changed since is an event.
	if numbered && known {
		c.replaceRoster(members, at)
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if numbered {
		c.roster = make(map[string]string, len(members))
	}
	for _, m := range members {
		c.roster[m.User] = m.State
	}
	c.provisional = nil
	c.noteSettled()
}

// noteSettled follows every change of the roster; the caller holds the lock.
func (c *client) noteSettled() {
	others := 0
	for user, state := range c.roster {
		if user != c.user && state == "present" {
			others++
		}
	}
	c.unsettled = others < roomSize-1 || others < len(c.roster)-1 || len(c.provisional) > 0
}

func (c *client) isSettled() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return !c.unsettled
}

func (c *client) replaceRoster(members []member, at time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.provisional = nil
	gone := maps.Clone(c.roster)
	for _, m := range members {
		delete(gone, m.User)
		c.showLocked(change{m.User, m.State}, at)
	}
	for user := range gone {
		c.showLocked(change{user, "gone"}, at)
	}
	c.noteSettled()
}

func (c *client) show(changes []change, at time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, one := range changes {
		delete(c.provisional, one.user)
		c.showLocked(one, at)
	}
	c.noteSettled()
}

// showProvisional shows what has no number in place of what has one, until a number comes or it is withdrawn.
func (c *client) showProvisional(m message, at time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, user := range m.withdrawn {
		if state, is := c.provisional[user]; is {
			delete(c.provisional, user)
			c.showLocked(change{user, state}, at)
		}
	}
	for _, one := range m.changes {
		if _, is := c.provisional[one.user]; !is {
			if c.provisional == nil {
				c.provisional = map[string]string{}
			}
			state := c.roster[one.user]
			if state == "" {
				state = "gone"
			}
			c.provisional[one.user] = state
		}
		c.showLocked(one, at)
	}
	c.noteSettled()
}

func (c *client) showLocked(one change, at time.Duration) {
	before := c.roster[one.user]
	if one.state == before || (one.state == "gone" && before == "") {
		return
	}
	kind := sawJoin
	switch {
	case one.state == "gone":
		kind = sawLeave
	case one.state == "reconnecting":
		kind = sawLost
	case before == "reconnecting":
		kind = sawBack
	}
	if one.state == "gone" {
		delete(c.roster, one.user)
	} else {
		c.roster[one.user] = one.state
	}
	if one.user != c.user {
		c.events = append(c.events, event{kind, one.user, at})
	}
}
