package readers

import (
	"bytes"
	"io"
	"net/mail"
	"strings"
	"testing"

	"github.com/emersion/go-message"
	gomail "github.com/emersion/go-message/mail"
)

// GoMessage reads a message with go-message.
func GoMessage(tb testing.TB, raw []byte) Reading {
	tb.Helper()
	e, err := message.Read(bytes.NewReader(raw))
	if err != nil {
		tb.Fatalf("read message: %v", err)
	}
	h := gomail.Header{Header: e.Header}
	r := Reading{From: goAddresses(tb, h, "From"), To: goAddresses(tb, h, "To"), Cc: goAddresses(tb, h, "Cc"), ReplyTo: goAddresses(tb, h, "Reply-To")}
	if r.Subject, err = h.Subject(); err != nil {
		tb.Errorf("read subject: %v", err)
	}
	r.Tree = r.addParts(tb, e)
	return r
}

// addParts notes what a part holds, and gives its tree.
func (r *Reading) addParts(tb testing.TB, part *message.Entity) (tree string) {
	tb.Helper()
	kind, params, err := part.Header.ContentType()
	if err != nil {
		tb.Fatalf("read message: %v", err)
	}
	if inner := part.MultipartReader(); inner != nil {
		var trees []string
		for {
			p, err := inner.NextPart()
			if err == io.EOF {
				return strings.TrimPrefix(kind, "multipart/") + "(" + strings.Join(trees, " ") + ")"
			}
			if err != nil {
				tb.Fatalf("read message: %v", err)
			}
			trees = append(trees, r.addParts(tb, p))
		}
	}
	content, err := io.ReadAll(part.Body)
	if err != nil {
		tb.Fatalf("read message: %v", err)
	}
	disposition, names, _ := part.Header.ContentDisposition()
	switch {
	case disposition == "attachment":
		r.Files = append(r.Files, File{Name: names["filename"], NameParameter: params["name"], Type: kind, SHA256: Sum(content)})
	case disposition == "inline":
		id := strings.Trim(part.Header.Get("Content-Id"), "<>")
		r.Images = append(r.Images, File{Name: names["filename"], NameParameter: params["name"], ID: id, Type: kind, SHA256: Sum(content)})
	case kind == "text/html":
		r.HTML = strings.ReplaceAll(string(content), "\r\n", "\n")
	default:
		r.Text = strings.ReplaceAll(string(content), "\r\n", "\n")
	}
	return kind
}

func goAddresses(tb testing.TB, h gomail.Header, name string) []Address {
	tb.Helper()
	if !h.Has(name) {
		return nil
	}
	list, err := h.AddressList(name)
	if err != nil {
		tb.Errorf("read %s: %v", name, err)
	}
	var out []Address
	for _, a := range list {
		spec := (&mail.Address{Address: a.Address}).String() // with the quotes it needs
		out = append(out, Address{a.Name, strings.Trim(spec, "<>")})
	}
	return out
}
