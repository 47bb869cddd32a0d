package main

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"strings"
	"time"
)

// message is what a frame of any of the servers means to a client.
type message struct {
	// Everything that a client does not have to react to is kind other.
	kind    messageKind
	members []member
	changes []change
	// Users of whom nothing provisional holds any more.
	withdrawn []string
	resume    string
	code      string
	prev      int64
	seq       int64
}

type messageKind int

const (
	other messageKind = iota
	// The server is ready for a join.
	greeting
	// The answer to a join.
	joined
	// The answer to a query, or a state that nobody asked for.
	roster
	changed
	// What has no number: Redis does not answer.
	provisional
	drain
	refused
	ping
)

type member struct {
	User  string `json:"user"`
	State string `json:"state"`
}

type change struct {
	user string
	// present, reconnecting or gone.
	state string
}

// protocol is how one of the servers is spoken to. decode sees no frame that carries nothing but an update, unless
// the client knows that update already.
type protocol interface {
	path(c *client) string
	join(c *client, resume string) []byte
	update(c *client, payload []byte) []byte
	list(c *client) []byte
	decode(frame []byte) (message, error)
	// Whether a frame reports updates, not the state at a moment.
	live(frame []byte) bool
	// How long a client waits before it connects again, after so many attempts and the wait before.
	backoff(attempts int, before time.Duration) time.Duration
}

func protocolOf(name, secret string) (protocol, error) {
	switch name {
	case "ours":
		return ours{secret: []byte(secret)}, nil
	case "socket.io":
		return socketIO{}, nil
	case "ws":
		return bare{}, nil
	}
	return nil, fmt.Errorf("unknown server %q", name)
}

// ours is docs/protocol.md.
type ours struct{ secret []byte }

func (p ours) path(c *client) string {
	if c.token == "" {
		c.token = p.sign(c)
	}
	return "/v1/presence?members=lean&access_token=" + c.token
}

func (p ours) sign(c *client) string {
	claims, _ := json.Marshal(map[string]any{
		"sub": c.user, "role": c.roleOf(c.seat), "weddings": []string{c.room}, "exp": time.Now().Add(time.Hour).Unix(),
	})
	encode := base64.RawURLEncoding.EncodeToString
	signed := encode([]byte(`{"alg":"HS256","typ":"JWT"}`)) + "." + encode(claims)
	mac := hmac.New(sha256.New, p.secret)
	mac.Write([]byte(signed))
	return signed + "." + encode(mac.Sum(nil))
}

func (ours) join(c *client, resume string) []byte {
	if resume == "" {
		return []byte(`{"type":"join","id":"j","wedding":"` + c.room + `"}`)
	}
	data := "null"
	if last := c.lastPayload.Load(); last != nil {
		data = string(*last)
	}
	return []byte(`{"type":"join","id":"j","wedding":"` + c.room + `","data":` + data + `,"resume":"` + resume + `"}`)
}

func (ours) update(c *client, payload []byte) []byte {
	out := append(make([]byte, 0, 64+len(c.room)+len(payload)), `{"type":"update","wedding":"`...)
	out = append(append(out, c.room...), `","data":`...)
	return append(append(out, payload...), '}')
}

func (ours) list(c *client) []byte {
	return []byte(`{"type":"snapshot","wedding":"` + c.room + `"}`)
}

func (ours) live(frame []byte) bool {
	// What is provisional has no numbers: nothing of it is a gap.
	return strings.HasPrefix(string(frame[:min(len(frame), 14)]), `{"type":"diff"`) ||
		strings.HasPrefix(string(frame[:min(len(frame), 21)]), `{"type":"provisional"`)
}

// Of src/client/backoff.ts.
func (ours) backoff(_ int, before time.Duration) time.Duration {
	const least, longest = 100 * time.Millisecond, 10 * time.Second
	return min(longest, least+rand.N(max(1, 3*max(least, before)-least)))
}

func (ours) decode(frame []byte) (message, error) {
	var m struct {
		Type       string
		ID         string
		Connection string
		Code       string
		Prev, Seq  int64
		Members    []leanMember
		Changes    []leanChange
		Withdrawn  []string
	}
	if err := json.Unmarshal(frame, &m); err != nil {
		return message{}, err
	}
	switch m.Type {
	case "welcome":
		return message{kind: greeting, resume: m.Connection}, nil
	case "snapshot":
		kind := roster
		if m.ID == "j" {
			kind = joined
		}
		members := make([]member, len(m.Members))
		for i, each := range m.Members {
			members[i] = member(each)
		}
		return message{kind: kind, members: members, seq: m.Seq}, nil
	case "diff", "provisional":
		out := message{kind: changed, prev: m.Prev, seq: m.Seq, withdrawn: m.Withdrawn}
		if m.Type == "provisional" {
			out.kind = provisional
		}
		for _, c := range m.Changes {
			out.changes = append(out.changes, change(c))
		}
		return out, nil
	case "drain":
		return message{kind: drain}, nil
	case "error":
		return message{kind: refused, code: m.Code}, nil
	}
	return message{}, nil
}

// leanMember is [user, role, since, rest]; rest is left out when there is nothing in it.
type leanMember member

func (m *leanMember) UnmarshalJSON(text []byte) error {
	var parts []json.RawMessage
	if err := json.Unmarshal(text, &parts); err != nil {
		return err
	}
	if len(parts) < 3 {
		return fmt.Errorf("not a lean member: %s", text)
	}
	if err := json.Unmarshal(parts[0], &m.User); err != nil {
		return err
	}
	m.State = "present"
	if len(parts) == 3 {
		return nil
	}
	var rest struct{ State string }
	if err := json.Unmarshal(parts[3], &rest); err != nil {
		return err
	}
	if rest.State != "" {
		m.State = rest.State
	}
	return nil
}

// leanChange is a lean member, or an object with op leave.
type leanChange change

func (c *leanChange) UnmarshalJSON(text []byte) error {
	if text[0] == '[' {
		var m leanMember
		err := json.Unmarshal(text, &m)
		c.user, c.state = m.User, m.State
		return err
	}
	var leave struct{ User string }
	err := json.Unmarshal(text, &leave)
	c.user, c.state = leave.User, "gone"
	return err
}

// socketIO is Engine.IO 4 and Socket.IO 5 over WebSocket alone; events as servers/socket-io.ts has them.
type socketIO struct{}

func (socketIO) path(c *client) string {
	return "/socket.io/?EIO=4&transport=websocket&user=" + c.user
}

func (socketIO) join(c *client, _ string) []byte {
	return []byte(`420["join",{"room":"` + c.room + `"}]`)
}

func (socketIO) update(c *client, payload []byte) []byte {
	return append(append([]byte(`42["update",`), payload...), ']')
}

func (socketIO) list(c *client) []byte { return []byte(`421["list"]`) }

func (socketIO) live(frame []byte) bool {
	return strings.HasPrefix(string(frame[:min(len(frame), 11)]), `42["update"`)
}

// Of socket.io-client: reconnectionDelay 1,000 ms, doubled up to reconnectionDelayMax 5,000 ms, randomizationFactor 0.5.
func (socketIO) backoff(attempts int, _ time.Duration) time.Duration {
	delay := min(5*time.Second, time.Second<<min(attempts, 3))
	return delay/2 + rand.N(delay)
}

func (socketIO) decode(frame []byte) (message, error) {
	text := string(frame)
	switch {
	case text == "2":
		return message{kind: ping}, nil
	case strings.HasPrefix(text, "0{"):
		// The Engine.IO handshake: the Socket.IO one follows on our word.
		return message{kind: ping, code: "40"}, nil
	case strings.HasPrefix(text, "40"):
		return message{kind: greeting}, nil
	case strings.HasPrefix(text, "430["), strings.HasPrefix(text, "431["):
		var answers []struct {
			Failed  bool
			Members []string
		}
		if err := json.Unmarshal(frame[3:], &answers); err != nil || len(answers) != 1 {
			return message{}, fmt.Errorf("not an acknowledgement: %s", text)
		}
		kind := roster
		if frame[2] == '0' {
			kind = joined
		}
		if answers[0].Failed {
			return message{kind: refused, code: "list failed"}, nil
		}
		return message{kind: kind, members: present(answers[0].Members)}, nil
	case strings.HasPrefix(text, `42["joined"`), strings.HasPrefix(text, `42["left"`):
		var event [2]json.RawMessage
		var who member
		if err := json.Unmarshal(frame[2:], &event); err != nil {
			return message{}, err
		}
		if err := json.Unmarshal(event[1], &who); err != nil {
			return message{}, err
		}
		return came(who.User, text[4:8] == "join"), nil
	}
	return message{}, nil
}

// bare is servers/bare-ws.ts: JSON objects with a type.
type bare struct{}

func (bare) path(c *client) string { return "/?user=" + c.user }

func (bare) join(c *client, _ string) []byte {
	return []byte(`{"type":"join","room":"` + c.room + `"}`)
}

func (bare) update(c *client, payload []byte) []byte {
	return append(append([]byte(`{"type":"update","data":`), payload...), '}')
}

func (bare) list(c *client) []byte { return []byte(`{"type":"list"}`) }

func (bare) live(frame []byte) bool {
	return strings.HasPrefix(string(frame[:min(len(frame), 16)]), `{"type":"update"`)
}

func (bare) backoff(attempts int, before time.Duration) time.Duration {
	return socketIO{}.backoff(attempts, before)
}

func (bare) decode(frame []byte) (message, error) {
	var m struct {
		Type, User string
		Members    []string
	}
	if err := json.Unmarshal(frame, &m); err != nil {
		return message{}, err
	}
	switch m.Type {
	case "hello":
		return message{kind: greeting}, nil
	case "welcome":
		return message{kind: joined, members: present(m.Members)}, nil
	case "members":
		return message{kind: roster, members: present(m.Members)}, nil
	case "joined", "left":
		return came(m.User, m.Type == "joined"), nil
	}
	return message{}, nil
}

func present(users []string) []member {
	members := make([]member, len(users))
	for i, user := range users {
		members[i] = member{User: user, State: "present"}
	}
	return members
}

func came(user string, there bool) message {
	state := "gone"
	if there {
		state = "present"
	}
	return message{kind: changed, changes: []change{{user, state}}}
}
