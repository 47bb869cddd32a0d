package main

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

const (
	opText  = 0x1
	opClose = 0x8
	opPing  = 0x9
	opPong  = 0xA

	dialWithin   = 10 * time.Second
	readBuffer   = 4 << 10
	largestFrame = 1 << 20
)

var errClosed = errors.New("the peer sent a close frame")

// socket is the client side of one WebSocket, as thin as RFC 6455 lets it be: no fragmentation, no extensions. The
// mask is constant, which is allowed on the wire and spares the driver a random number for each frame.
type socket struct {
	raw     net.Conn
	reader  *bufio.Reader
	payload []byte
	writing sync.Mutex
	out     []byte
	frames  atomic.Int64
	bytes   atomic.Int64
}

var mask = [4]byte{0x37, 0xfa, 0x21, 0x3d}

func dial(address, path string) (*socket, error) {
	raw, err := net.DialTimeout("tcp", address, dialWithin)
	if err != nil {
		return nil, err
	}
	raw.SetDeadline(time.Now().Add(dialWithin))
	request := "GET " + path + " HTTP/1.1\r\nHost: " + address +
		"\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
	if _, err = raw.Write([]byte(request)); err != nil {
		raw.Close()
		return nil, err
	}
	s := &socket{raw: raw, reader: bufio.NewReaderSize(raw, readBuffer), payload: make([]byte, 0, 1024)}
	response, err := http.ReadResponse(s.reader, nil)
	if err != nil {
		raw.Close()
		return nil, err
	}
	if response.StatusCode != http.StatusSwitchingProtocols || !strings.EqualFold(response.Header.Get("Upgrade"), "websocket") {
		raw.Close()
		return nil, fmt.Errorf("no WebSocket: %s", response.Status)
	}
	raw.SetDeadline(time.Time{})
	return s, nil
}

// next gives the payload of the next text frame; it is valid until the next call. Pings are answered here.
func (s *socket) next() ([]byte, error) {
	for {
		var head [2]byte
		if _, err := io.ReadFull(s.reader, head[:]); err != nil {
			return nil, err
		}
		size := int(head[1] & 0x7f)
		extra := 0
		switch size {
		case 126:
			var wide [2]byte
			if _, err := io.ReadFull(s.reader, wide[:]); err != nil {
				return nil, err
			}
			size, extra = int(binary.BigEndian.Uint16(wide[:])), 2
		case 127:
			var wide [8]byte
			if _, err := io.ReadFull(s.reader, wide[:]); err != nil {
				return nil, err
			}
			size, extra = int(binary.BigEndian.Uint64(wide[:])), 8
		}
		if size > largestFrame || head[0]&0x80 == 0 || head[1]&0x80 != 0 {
			return nil, fmt.Errorf("a frame that no server here should send: %x, %d bytes", head, size)
		}
		if cap(s.payload) < size {
			s.payload = make([]byte, size)
		}
		s.payload = s.payload[:size]
		if _, err := io.ReadFull(s.reader, s.payload); err != nil {
			return nil, err
		}
		switch head[0] & 0x0f {
		case opText:
			s.frames.Add(1)
			s.bytes.Add(int64(2 + extra + size))
			return s.payload, nil
		case opPing:
			if err := s.write(opPong, s.payload); err != nil {
				return nil, err
			}
		case opClose:
			s.write(opClose, s.payload)
			return nil, errClosed
		}
	}
}

func (s *socket) send(text []byte) error { return s.write(opText, text) }

func (s *socket) write(op byte, payload []byte) error {
	s.writing.Lock()
	defer s.writing.Unlock()
	out := append(s.out[:0], 0x80|op)
	if len(payload) < 126 {
		out = append(out, 0x80|byte(len(payload)))
	} else {
		out = append(out, 0x80|126, byte(len(payload)>>8), byte(len(payload)))
	}
	out = append(out, mask[:]...)
	for i, b := range payload {
		out = append(out, b^mask[i&3])
	}
	s.out = out
	_, err := s.raw.Write(out)
	return err
}

// close says goodbye and ends the socket; the reader of the socket then gets an error.
func (s *socket) close() {
	s.write(opClose, []byte{0x03, 0xe8})
	s.raw.Close()
}
