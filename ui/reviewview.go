package ui

import (
	"fmt"
	"slices"
	"strings"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"

	"sendoff/compose"
)

func (r *reviewPane) view(width, height int) ([]string, *tea.Cursor) {
	r.text.lines = r.lines(width-2, height)
	var lines []string
	for n, line := range r.text.view(height) {
		if n == 0 {
			line = between(line, r.styles.dim.Render(r.text.more(height)), width-2)
		}
		lines = append(lines, " "+line)
	}
	return lines, nil
}

// lines are the questions a person asks before sending, answered in order. Where
// they do not fit, what stands against sending comes first: it must not be missed.
func (r *reviewPane) lines(width, height int) []string {
	question := "Send this?"
	if r.asked {
		question = r.keyed("Send it all the same? {review.send} once more does.")
	}
	title := []string{r.styles.bold.Render(cut(question, width)), ""}
	verdict, answers := r.verdict(width), r.answers(width)
	objections := len(r.problems) > 0 || r.checked && len(r.findings) > 0
	if len(r.problems) > 0 || objections && len(title)+len(answers)+1+len(verdict) > height {
		return slices.Concat(title, verdict, []string{""}, answers)
	}
	return slices.Concat(title, answers, []string{""}, verdict)
}

func (r *reviewPane) answers(width int) (lines []string) {
	add := func(label, text string) { lines = append(lines, r.field(label, text, width)...) }
	add("from", r.fromText())
	add("to", r.toText())
	add("cc", r.addressesText(r.draft.Cc))
	add("bcc", r.addressesText(r.draft.Bcc))
	add("reply to", r.addressesText(r.draft.ReplyTo))
	add("subject", orElse(cleanText(r.draft.Subject), "(none)"))
	for _, h := range r.draft.Headers {
		add("header", cleanText(h.Name+": "+h.Value))
	}
	add("text", r.textText())
	add("spelling", r.spellText())
	lines = append(lines, r.fileLines(width)...)
	add("pictures", r.picturesText())
	add("openpgp", r.openpgpText())
	lines = append(lines, r.keyLines(width)...)
	add("size", r.sizeText())
	add("asks for", wishesText(r.draft.Wishes))
	add("leaves", r.leavesText())
	return lines
}

// field is a label and its text, wrapped; nothing if there is no text.
func (r *reviewPane) field(label, text string, width int) (lines []string) {
	const indent = 10
	if text == "" {
		return nil
	}
	for n, line := range wrap(text, max(width-indent-2, 1)) {
		if n > 0 {
			label = ""
		}
		lines = append(lines, "  "+r.styles.dim.Render(cell(label, indent))+line)
	}
	return lines
}

func (r *reviewPane) fromText() string {
	text := clean(r.draft.From)
	if a, ok := r.account(r.draft.Account); ok {
		text += fmt.Sprintf(" through %s (%s)", clean(a.Name), clean(a.SMTP.Host))
	}
	return text
}

// toText is who is in To; where nobody is, what stands there instead.
func (r *reviewPane) toText() string {
	to := r.addressesText(r.draft.To)
	switch {
	case to != "" || len(compose.Addresses(r.draft.Cc+","+r.draft.Bcc)) == 0:
		return to
	case r.options.Outbox.Habits().Undisclosed:
		return "undisclosed-recipients:; (nobody is in To)"
	}
	return cleanText(r.draft.From) + " (nobody is in To)"
}

// maxNamed is how many of a list are named: who has more to look at does so in the
// form.
const maxNamed = 20

// addressesText writes a list of addresses with dots between them, and marks those
// that something is known against.
func (r *reviewPane) addressesText(text string) string {
	list, err := compose.ParseList(text)
	if err != nil {
		return clean(text)
	}
	var all []string
	for n, a := range list {
		if n == maxNamed {
			all = append(all, "and "+number(len(list)-n)+" more")
			break
		}
		mark := ""
		if _, why := r.people.against(a); why != "" {
			mark = "✗ "
		}
		all = append(all, mark+cleanText(a.String()))
	}
	return strings.Join(all, " · ")
}

// textText says what the text goes out as.
func (r *reviewPane) textText() string {
	var all []string
	for _, p := range r.outline.Parts {
		switch {
		case p.Name != "":
		case p.Type == "text/html":
			all = append(all, "HTML "+size(p.Size))
		default:
			all = append(all, "plain "+size(p.Size))
		}
	}
	return strings.Join(all, " · ")
}

// fileLines are the files, one in a line, so that the wrong one is seen.
func (r *reviewPane) fileLines(width int) (lines []string) {
	const indent, gap = 12, 2
	rows := r.files()
	longest, sizeWidth := 0, 0
	for _, f := range rows {
		longest, sizeWidth = max(longest, ansi.StringWidth(f.Name)), max(sizeWidth, len(size(f.Size)))
	}
	room := width - indent - gap - sizeWidth
	longest = max(min(longest, room), 1)
	label := "files"
	for _, f := range rows {
		line := "  " + r.styles.dim.Render(cell(label, indent-2)) + cell(f.Name, longest) + spaces(gap) + right(size(f.Size), sizeWidth)
		if left := room - longest - gap; left > 0 {
			line += r.styles.dim.Render(spaces(gap) + cut(clean(f.Type), left))
		}
		lines = append(lines, strings.TrimRight(cut(line, width), " "))
		label = ""
	}
	return lines
}

// files are those of the message, or, as long as it cannot be made, of the form.
func (r *reviewPane) files() (files []compose.OutlinePart) {
	for _, p := range r.outline.Parts {
		if p.Name != "" && !p.Inline {
			p.Name = clean(p.Name)
			files = append(files, p)
		}
	}
	if len(files) > 0 {
		return files
	}
	for _, a := range r.draft.Attachments {
		f := attachment{Attachment: a}
		for _, seen := range r.composer.files {
			if seen.Attachment == a {
				f = seen
			}
		}
		files = append(files, compose.OutlinePart{Name: clean(f.name()), Size: f.size})
	}
	return files
}

func (r *reviewPane) sizeText() string {
	if !r.checked {
		return "…"
	}
	text := "about " + size(r.size)
	if a, ok := r.account(r.draft.Account); ok && a.Limits.MaxSize > 0 {
		text += " of the server's " + size(a.Limits.MaxSize)
	}
	return text
}

// verdict is what stands in the way, or that nothing does.
func (r *reviewPane) verdict(width int) (lines []string) {
	switch {
	case r.sending:
		text := "queueing…"
		if n := r.written.Load(); n > 1<<20 {
			text = fmt.Sprintf("queueing %s of about %s", size(n), size(max(r.size, n)))
		}
		return []string{r.styles.accent.Render(cut(text, width))}
	case r.refused != nil && len(r.problems) == 0:
		for _, line := range wrap("It was not queued: "+mistake(r.refused), width) {
			lines = append(lines, r.styles.bad.Render(line))
		}
		return lines
	case !r.checked:
		return []string{r.styles.dim.Render(cut("checking…"+r.earlyText(), width))}
	case len(r.problems) == 0 && r.programs.running():
		lines = r.findingLines(width)
		return append(lines, r.styles.wait.Render(cut("… asking "+r.checkNames()+", "+seconds(r.now.Sub(r.programs.from))+r.earlyText(), width)))
	case len(r.problems) == 0 && len(r.findings) == 0:
		return append(lines, r.styles.good.Render("✓")+cut(" addresses, files and size are in order", width-1))
	case len(r.problems) == 0:
		return r.findingLines(width)
	}
	for _, e := range r.problems {
		for n, line := range wrap("✗ "+fieldName(e.Field)+": "+clean(e.Problem), max(width-2, 1)) {
			lines = append(lines, r.styles.bad.Render(spaces(min(n, 1)*2)+line))
		}
		if e.Hint != "" {
			lines = append(lines, indented(clean(e.Hint), width, r.styles.dim)...)
		}
	}
	return lines
}

// fieldName is the name of a draft's field for people.
func fieldName(json string) string {
	names := map[string]string{"reply_to": "Reply-To", "attachments": "Attachment", "headers": "Header", "body": "Text", "protection": "OpenPGP"}
	if name, ok := names[json]; ok {
		return name
	}
	if json == "" {
		return "Message"
	}
	return capital(json)
}

func orElse(s, other string) string {
	if s == "" {
		return other
	}
	return s
}
