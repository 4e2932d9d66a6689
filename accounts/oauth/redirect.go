package oauth

import (
	"context"
	"io"
	"log"
	"net"
	"net/http"
	"sync"
	"time"
)

// redirect is the port of this machine to which a browser is sent back. What does
// not know the state of the login is answered and does not count, so that no page
// that guesses the port can end a login or slip in a code of its own.
type redirect struct {
	url, state string
	host       string
	server     *http.Server
	done       chan outcome
	once       sync.Once
	served     sync.WaitGroup
}

// outcome is how a person's part ended.
type outcome struct {
	code string
	err  error
}

func listenForRedirect(state string) (*redirect, error) {
	// Not "localhost", which may be pointed elsewhere (RFC 8252 §8.3).
	listener, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	host := listener.Addr().String()
	r := &redirect{url: "http://" + host + "/", state: state, host: host, done: make(chan outcome, 1)}
	r.server = &http.Server{
		Handler: r, ReadTimeout: 10 * time.Second, WriteTimeout: 10 * time.Second, MaxHeaderBytes: 32 << 10,
		ErrorLog: log.New(io.Discard, "", 0), // it would go to standard error
	}
	r.served.Go(func() { _ = r.server.Serve(listener) }) // ends with close
	return r, nil
}

// close waits until a browser has its last answer.
func (r *redirect) close() {
	ctx, stop := context.WithTimeout(context.Background(), time.Second)
	defer stop()
	if r.server.Shutdown(ctx) != nil {
		r.server.Close()
	}
	r.served.Wait()
}

// wait gives the code that comes first, here or pasted. Who pastes is done when it
// returns.
func (r *redirect) wait(ctx context.Context, paste func(context.Context) (string, error)) (string, error) {
	pasting, stop := context.WithCancel(ctx)
	var person sync.WaitGroup
	defer person.Wait()
	defer stop()
	if paste != nil {
		person.Go(func() { r.pasteUntilGood(pasting, paste) })
	}
	select {
	case o := <-r.done:
		return o.code, o.err
	case <-ctx.Done():
		return "", context.Cause(ctx)
	}
}

// maxPastes bounds how often somebody may paste what is no address of this login.
const maxPastes = 20

func (r *redirect) pasteUntilGood(ctx context.Context, paste func(context.Context) (string, error)) {
	for range maxPastes {
		text, err := paste(ctx)
		if ctx.Err() != nil {
			return
		}
		if err != nil {
			r.end("", err)
			return
		}
		if code, ok, err := pasted(text, r.state); ok {
			r.end(code, err)
			return
		}
	}
	r.end("", errNoAddress)
}

func (r *redirect) end(code string, err error) {
	r.once.Do(func() { r.done <- outcome{code, err} })
}

// ServeHTTP answers the browser. The name it asks for must be the one that was
// given out: a page elsewhere can have a name of its own lead here.
func (r *redirect) ServeHTTP(w http.ResponseWriter, request *http.Request) {
	header := w.Header()
	header.Set("Content-Type", "text/plain; charset=utf-8")
	header.Set("Cache-Control", "no-store")
	header.Set("Referrer-Policy", "no-referrer") // the address has the code
	header.Set("Connection", "close")
	if request.Method != http.MethodGet || request.Host != r.host || request.URL.Path != "/" {
		http.Error(w, "There is nothing here.", http.StatusNotFound)
		return
	}
	code, ok, err := codeFrom(request.URL.Query(), r.state)
	switch {
	case !ok:
		http.Error(w, "This is not the answer to a login that is going on.", http.StatusBadRequest)
		return
	case err != nil:
		http.Error(w, "The login was refused. The terminal says more; this window can be closed.", http.StatusOK)
	default:
		_, _ = io.WriteString(w, "Done: go back to the terminal. This window can be closed.\n") // or the browser is gone
	}
	r.end(code, err)
}
