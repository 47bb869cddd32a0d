package main

import "time"

// use makes a joined connection the one of the client. One that has ended since is a lost one.
func (c *client) use(n *conn, awayFrom time.Duration) {
	c.useLocked(n, awayFrom)
	select {
	case <-n.ended:
		go c.lostSocket(n)
	default:
	}
}

func (c *client) useLocked(n *conn, awayFrom time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.current = n
	c.moving = false
	for _, frame := range c.waiting {
		n.send(frame)
	}
	c.waiting = nil
	if n.resumes == "" && awayFrom == 0 {
		return
	}
	c.moved++
	c.away = append(c.away, max(0, now()-awayFrom))
}

// moveAway is the hand-over of docs/protocol.md: the new connection first, then the end of the old one.
func (c *client) moveAway(old *conn) {
	c.handOver.Lock()
	defer c.handOver.Unlock()
	c.mu.Lock()
	if c.current != old {
		// Lost before its turn came, and comeBack is at it.
		c.mu.Unlock()
		return
	}
	c.moving = true
	c.mu.Unlock()
	fresh := c.openBeside(old)
	if fresh == nil {
		c.mu.Lock()
		c.moving = false
		c.roster = map[string]string{}
		c.mu.Unlock()
		c.openAgain(old)
		return
	}
	awayFrom := now()
	select {
	case <-old.ended:
		awayFrom = old.endedAt
	default:
	}
	c.use(fresh, awayFrom)
	old.close()
}

// openBeside tries until there is a second connection, as long as the first one lives: for a moment after a server
// began to go away new connections may still be sent to it.
func (c *client) openBeside(old *conn) *conn {
	var wait time.Duration
	for attempts := 0; ; attempts++ {
		fresh, err := c.open(old.name)
		if err == nil {
			return fresh
		}
		c.fail("hand-over tried again")
		wait = c.protocol.backoff(attempts, wait)
		select {
		case <-old.ended:
			return nil
		case <-time.After(wait):
		}
	}
}

func (c *client) lostSocket(n *conn) {
	c.mu.Lock()
	lost := c.current == n && !c.moving
	if lost {
		c.roster = map[string]string{}
	}
	if c.current == n {
		c.current = nil
	}
	c.mu.Unlock()
	if !lost || c.doomed.Load() || c.closing.Load() {
		return
	}
	c.comeBack(n)
}

// comeBack connects again after a connection was lost.
func (c *client) comeBack(n *conn) {
	c.handOver.Lock()
	defer c.handOver.Unlock()
	c.openAgain(n)
}

// openAgain does not give up before the end: a client that does would hide how long a server was away.
func (c *client) openAgain(n *conn) {
	var wait time.Duration
	for attempts := 0; !c.closing.Load(); attempts++ {
		wait = c.protocol.backoff(attempts, wait)
		time.Sleep(wait)
		if fresh, err := c.open(n.name); err == nil {
			c.use(fresh, n.endedAt)
			return
		}
		c.fail("tried again")
	}
}
