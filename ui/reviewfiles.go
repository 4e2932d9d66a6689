package ui

import (
	"fmt"
	"slices"
	"strings"

	tea "charm.land/bubbletea/v2"

	"sendoff/internal/review"
)

// fileCautions say which files are not as they were when they were attached.
func fileCautions(files []attachment) (cautions []string) {
	for _, f := range files {
		switch {
		case !f.changed || f.problem != "":
		case f.Size != f.size:
			cautions = append(cautions, fmt.Sprintf("%s has changed since it was attached: %s then, %s now, which is what is sent", clean(f.name()), size(f.Size), size(f.size)))
		default:
			cautions = append(cautions, clean(f.name())+" was written to since it was attached: what is sent is as it is now")
		}
	}
	return cautions
}

// warned are such cautions as findings of the review.
func warned(cautions ...[]string) (all []review.Finding) {
	for _, text := range slices.Concat(cautions...) {
		all = append(all, review.Finding{Severity: review.Warning, Text: text + "."})
	}
	return all
}

// takeSeen takes in what the check has seen of files and pictures. It tells whether
// the draft is another one by that. A yes that came early stands: such files belong
// to what was written before.
func (r *reviewPane) takeSeen(msg checkedDraft) (tea.Cmd, bool) {
	early := r.early
	r.early = false
	defer func() { r.early = early }()
	cmd := r.composer.takeSeen(msg.files)
	if r.composer.takePictures(msg.pictures) {
		cmd = tea.Batch(cmd, r.composer.changed())
	}
	again, changed := r.follow()
	return tea.Batch(cmd, again), changed
}

// showPictures sends along what was named by a text from elsewhere.
func (r *reviewPane) showPictures() tea.Cmd {
	r.composer.allow(r.foreign)
	r.checked = false
	return r.check()
}

// picturesText names those in the text, with where they are.
func (r *reviewPane) picturesText() string {
	var all []string
	for _, i := range r.draft.Inline {
		f := attachment{Attachment: i.Attachment, inline: true, source: i.Source}
		all = append(all, r.fileText(f)+fmt.Sprintf(" (%s)", clean(shortenHome(f.Path))))
	}
	return strings.Join(all, " · ")
}

// fileText is a file of the draft, with its size if it was seen.
func (r *reviewPane) fileText(f attachment) string {
	for _, seen := range r.composer.files {
		if seen.is(f) && seen.seen {
			return clean(f.name()) + " " + size(seen.size)
		}
	}
	return clean(f.name())
}

// sizesOf are the octets of files.
func sizesOf(files []attachment) (all []int64) {
	for _, f := range files {
		all = append(all, f.size)
	}
	return all
}
