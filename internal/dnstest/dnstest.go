// Package dnstest is a name server for tests. It answers from a zone written in
// the test, can fail and keep silent, and remembers what it was asked.
//
// It is no resolver: what is not in the zone does not exist, and nobody else is
// asked.
//
// # Zones
//
// One record a line; empty lines and lines that begin with # are left out.
// Names need no final dot, a line for "*.example.org" covers what has no line
// of its own.
//
//	example.org                   MX       10 mx.example.org
//	example.org                   TXT      v=spf1 include:_spf.example.net -all
//	_submissions._tcp.example.org SRV      0 1 465 smtp.example.org
//	smtp.example.org              A        127.0.0.1
//	smtp.example.org              AAAA     ::1
//	mail.example.org              CNAME    smtp.example.org
//	broken.example.org            SERVFAIL
//	slow.example.org              SILENCE
package dnstest

import (
	"context"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"slices"
	"strings"
	"sync"
	"testing"

	"golang.org/x/net/dns/dnsmessage"
)

// Server is a name server. Its methods may be called from several goroutines.
type Server struct {
	Addr string // host and port of its UDP socket; "" in memory

	tb      testing.TB
	zone    []entry
	socket  net.PacketConn // nil in memory
	running sync.WaitGroup

	mu    sync.Mutex
	asked []string
	conns []net.Conn // in memory
}

// Serve listens on a free port of loopback until the test ends.
func Serve(tb testing.TB, zone string) *Server {
	tb.Helper()
	return ServeAt(tb, "127.0.0.1:0", zone)
}

// ServeAt listens on a UDP address until the test ends.
func ServeAt(tb testing.TB, address, zone string) *Server {
	tb.Helper()
	socket, err := net.ListenPacket("udp", address)
	if err != nil {
		tb.Fatalf("dnstest: %v", err)
	}
	s := newServer(tb, zone)
	s.socket, s.Addr = socket, socket.LocalAddr().String()
	s.running.Go(s.listen)
	tb.Cleanup(func() {
		_ = socket.Close()
		s.running.Wait()
	})
	return s
}

// ServeInMemory needs no socket, so that testing/synctest can move the time.
// Call [BeforeBubble] before the bubble.
func ServeInMemory(tb testing.TB, zone string) *Server {
	tb.Helper()
	s := newServer(tb, zone)
	tb.Cleanup(func() {
		s.mu.Lock()
		for _, conn := range s.conns {
			_ = conn.Close()
		}
		s.mu.Unlock()
		s.running.Wait()
	})
	return s
}

// BeforeBubble looks something up. Package net keeps channels for the system's
// settings from the first look-up on, and those must not belong to a bubble of
// testing/synctest.
func BeforeBubble(tb testing.TB) {
	tb.Helper()
	resolver := Serve(tb, "example.org A 127.0.0.1").Resolver()
	if _, err := resolver.LookupHost(tb.Context(), "example.org"); err != nil {
		tb.Fatalf("dnstest: %v", err)
	}
}

func newServer(tb testing.TB, zone string) *Server {
	tb.Helper()
	entries, err := parseZone(zone)
	if err != nil {
		tb.Fatalf("dnstest: %v", err)
	}
	return &Server{tb: tb, zone: entries}
}

// Resolver asks this server, whatever name servers the machine has.
func (s *Server) Resolver() *net.Resolver {
	return &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
		if s.socket == nil {
			return s.connect(), nil
		}
		return new(net.Dialer).DialContext(ctx, "udp", s.Addr)
	}}
}

// Asked gives the questions so far, as "MX example.org", sorted and each once.
func (s *Server) Asked() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	asked := slices.Sorted(slices.Values(s.asked))
	return slices.Compact(asked)
}

// Questions counts them so far, each as often as it was asked.
func (s *Server) Questions() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.asked)
}

// listen answers datagrams until the socket is closed.
func (s *Server) listen() {
	packet := make([]byte, 4096)
	for {
		n, from, err := s.socket.ReadFrom(packet)
		if errors.Is(err, net.ErrClosed) {
			return
		}
		if err != nil {
			continue // one client's trouble
		}
		if answer := s.answer(packet[:n]); answer != nil {
			_, _ = s.socket.WriteTo(answer, from) // who does not hear it asks again
		}
	}
}

// connect gives one end of a connection in memory. Package net speaks DNS over
// TCP to whatever is no net.PacketConn: a length goes before each message
// (RFC 1035 §4.2.2).
func (s *Server) connect() net.Conn {
	client, server := net.Pipe()
	s.mu.Lock()
	s.conns = append(s.conns, server)
	s.mu.Unlock()
	s.running.Go(func() {
		defer server.Close()
		for {
			var length [2]byte
			if _, err := io.ReadFull(server, length[:]); err != nil {
				return
			}
			packet := make([]byte, binary.BigEndian.Uint16(length[:]))
			if _, err := io.ReadFull(server, packet); err != nil {
				return
			}
			answer := s.answer(packet)
			if answer == nil {
				continue // until the client gives up and closes
			}
			if _, err := server.Write(append(binary.BigEndian.AppendUint16(nil, uint16(len(answer))), answer...)); err != nil {
				return
			}
		}
	})
	return client
}

// answer is nil for silence, and for what is no question.
func (s *Server) answer(packet []byte) []byte {
	var query dnsmessage.Message
	if query.Unpack(packet) != nil || len(query.Questions) != 1 {
		return nil
	}
	question := query.Questions[0]
	kind := strings.TrimPrefix(question.Type.String(), "Type")
	name := rooted(question.Name.String())
	s.mu.Lock()
	s.asked = append(s.asked, kind+" "+strings.TrimSuffix(name, "."))
	s.mu.Unlock()

	reply := dnsmessage.Message{
		Header:    dnsmessage.Header{ID: query.ID, Response: true, RecursionDesired: query.RecursionDesired, RecursionAvailable: true},
		Questions: query.Questions,
	}
	var silent bool
	if reply.Answers, reply.RCode, silent = s.look(name, kind); silent {
		return nil
	}
	answer, err := reply.Pack()
	if err != nil {
		s.tb.Errorf("dnstest: %s %s: %v", kind, name, err)
		return nil
	}
	if len(answer) > 1232 { // what package net says it takes in a datagram
		s.tb.Errorf("dnstest: %d bytes for %s %s are too many", len(answer), kind, name)
	}
	return answer
}

// maxAliases ends a loop of CNAMEs.
const maxAliases = 8

// look finds the records of a name, and follows its aliases.
func (s *Server) look(name, kind string) (answers []dnsmessage.Resource, code dnsmessage.RCode, silent bool) {
	for range maxAliases {
		found := s.entries(name)
		if len(found) == 0 && !s.parentOfAny(name) {
			return answers, dnsmessage.RCodeNameError, false
		}
		alias := ""
		for _, e := range found {
			switch cname, isAlias := e.value.(*dnsmessage.CNAMEResource); {
			case e.kind == servfail:
				return nil, dnsmessage.RCodeServerFailure, false
			case e.kind == silence:
				return nil, 0, true
			case e.kind == kind:
				answers = append(answers, s.record(name, e))
			case isAlias:
				answers, alias = append(answers, s.record(name, e)), cname.CNAME.String()
			}
		}
		if alias == "" {
			return answers, dnsmessage.RCodeSuccess, false
		}
		name = alias
	}
	return answers, dnsmessage.RCodeServerFailure, false
}

// entries are the lines of a name, or those of the nearest "*" above it.
func (s *Server) entries(name string) (found []entry) {
	for sought := name; len(found) == 0; {
		for _, e := range s.zone {
			if e.name == sought {
				found = append(found, e)
			}
		}
		_, parent, ok := strings.Cut(strings.TrimPrefix(sought, "*."), ".")
		if !ok || parent == "" {
			break
		}
		sought = "*." + parent
	}
	return found
}

// parentOfAny tells a name that exists only because there are names below it.
func (s *Server) parentOfAny(name string) bool {
	return slices.ContainsFunc(s.zone, func(e entry) bool { return strings.HasSuffix(e.name, "."+name) })
}

func (s *Server) record(name string, e entry) dnsmessage.Resource {
	owner, err := dnsmessage.NewName(name)
	if err != nil {
		s.tb.Errorf("dnstest: %s: %v", name, err)
	}
	return dnsmessage.Resource{Header: dnsmessage.ResourceHeader{Name: owner, Class: dnsmessage.ClassINET}, Body: e.value}
}
