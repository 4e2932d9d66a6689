package ui

import (
	"slices"

	"charm.land/bubbles/v2/key"

	"sendoff/compose"
)

// reviewKeys are the keys of the review.
type reviewKeys struct {
	move                     moveKeys
	Send, Later, Wishes, Fix key.Binding
	Text, HTML, Source       key.Binding
	Show, Protect            key.Binding
	Sign, Encrypt            key.Binding
	Edit, Attach, Detach     key.Binding
	Keep, Help               key.Binding
}

func (r *reviewPane) keys() reviewKeys {
	idle := !r.sending
	ready := idle && r.checked && len(r.problems) == 0
	send := "send"
	if r.asked {
		send = "send all the same"
	}
	return reviewKeys{
		move:    r.moveKeys(),
		Send:    when(ready && !r.programs.running(), r.bound(send, "review.send")),
		Fix:     when(ready && len(r.fixes()) > 0, numbers("fix it", len(r.fixes()))),
		Later:   when(idle, r.bound("later", "review.later")),
		Wishes:  when(idle, r.bound("wishes", "review.wishes")),
		Text:    when(ready, r.bound("text", "review.text")),
		HTML:    when(ready && r.outline.HTML != "", r.bound("HTML", "review.html")),
		Source:  when(ready, r.bound("source", "review.source")),
		Show:    when(idle && r.checked && len(r.foreign) > 0, r.bound("show pictures", "review.show")),
		Protect: when(idle && r.options.OpenPGP != nil, r.bound("OpenPGP", "review.protect")),
		Sign:    when(idle && r.options.OpenPGP != nil, r.bound("sign", "review.sign")),
		Encrypt: when(idle && r.options.OpenPGP != nil, r.bound("encrypt", "review.encrypt")),
		Detach:  when(idle && len(r.composer.files) > 0, r.bound("detach", "review.detach")),
		Edit:    when(idle, r.bound("edit", "review.edit")),
		Attach:  when(idle, r.bound("attach", "review.attach")),
		Keep:    when(idle, r.bound("keep as draft", "review.keep")),
		Help:    when(idle, r.bound("help", "everywhere.help")),
	}
}

func (r *reviewPane) bindings() bindings {
	k := r.keys()
	return bindings{
		footer: r.footer(k),
		end:    []key.Binding{k.Help},
		help: []group{
			{"This message", []key.Binding{k.Send, k.Later, k.Wishes, k.Protect, k.Sign, k.Encrypt, k.Fix, k.Show, k.Edit, k.Attach, k.Detach, k.Keep}},
			{"What it will be", []key.Binding{k.Text, k.HTML, k.Source}},
			{"Moving", k.move.all()},
		},
	}
}

// footer has the keys in the order in which they matter. With a problem the message
// cannot be sent, now or later: what mends it comes first.
func (r *reviewPane) footer(k reviewKeys) []key.Binding {
	switch unprotected := func(e compose.FieldError) bool { return e.Field == "protection" }; {
	case len(r.problems) == 0:
		return []key.Binding{k.Send, k.Later, k.Show, k.Edit, k.Attach, k.Text, k.HTML, k.Source, k.Wishes, k.Protect, k.Keep}
	case slices.ContainsFunc(r.problems, unprotected):
		return []key.Binding{k.Edit, k.Protect, k.Keep, k.Attach, k.Show, k.Later, k.Wishes}
	}
	return []key.Binding{k.Edit, k.Attach, k.Keep, k.Protect, k.Show, k.Later, k.Wishes}
}
