package compose

import (
	"os"
	"slices"
	"strings"
	"unicode/utf8"
)

// What a message has besides what its writer put in, in octets, as Build writes it.
const (
	ownFields  = 185 // Date, Message-ID but for its domain, MIME-Version, and what the text is
	mixedFrame = 155 // the boundaries around a text and its files
	fileFields = 165 // of each file, but for its name, which stands there twice
	shortName  = 10  // that of a file of which nothing but its size is known
	bothFrame  = 285 // the boundaries around a text and its HTML, and the fields of the second
	pageFrame  = 130 // what begins and ends HTML that is made of Markdown
	lineMarkup = 5   // of a line in it: <br> or the paragraph
)

// sampledText is how much of a text is looked at, in octets; the rest is taken for the same.
const sampledText = 2 << 10

// EstimateSize says about how many octets the message will have, for a person
// to look at: Build alone knows the number. An attachment that cannot be looked
// at counts nothing.
func EstimateSize(d Draft) int64 {
	var files []int64
	for _, a := range d.files() {
		info, err := os.Stat(a.Path)
		if err == nil && info.Mode().IsRegular() {
			files = append(files, info.Size())
		}
	}
	return new(Maker).EstimateSize(d, files...)
}

// EstimateSize is [EstimateSize] with files that have these lengths, in octets,
// whatever the draft says of its files: none is looked at. It takes no more time for a
// long text than for a page, so it may be asked at every key.
func (m *Maker) EstimateSize(d Draft, files ...int64) int64 {
	size := ownFields + fieldsSize(d) + m.textsSize(d)
	if len(files) > 0 {
		size += mixedFrame
	}
	for _, length := range files {
		size += fileFields + 2*shortName + encodedLength(length)
	}
	return size
}

// files are all that go with a draft.
func (d Draft) files() []Attachment {
	all := slices.Clone(d.Attachments)
	for _, image := range d.Inline {
		all = append(all, image.Attachment)
	}
	return all
}

// fieldsSize is about how long the fields of a draft get, with the domain of its sender in
// Message-ID.
func fieldsSize(d Draft) int64 {
	domain := len(d.From) - strings.LastIndexByte(d.From, '@') - 1
	size := int64(domain) + fieldSize("From", d.From) + fieldSize("To", d.To) + fieldSize("Cc", d.Cc) + fieldSize("Reply-To", d.ReplyTo) + fieldSize("Subject", d.Subject)
	for _, h := range d.Headers {
		size += fieldSize(h.Name, h.Value)
	}
	return size
}

// fieldSize is about how long a field gets, with its folds.
func fieldSize(name, text string) int64 {
	length := int64(len(text))
	switch {
	case text == "":
		return 0
	case !isASCII(text):
		length = encodedLength(length) + length/45*int64(wordOverhead) // a word of 75 columns holds 45 octets
	}
	return int64(len(name+": \r\n")) + length + length/foldColumn*int64(len("\r\n"))
}

// textsSize is about how long the text of a draft gets, with the one that stands beside it.
func (m *Maker) textsSize(d Draft) int64 {
	sample := d.Body[:min(len(d.Body), sampledText)]
	whole := func(n int64) int64 { return n * int64(len(d.Body)) / int64(max(len(sample), 1)) }
	size, lines := textSize(sample)
	switch {
	case d.Style == StyleHTML:
		beside, _ := textSize(textFromHTML(sample))
		return bothFrame + whole(size) + whole(beside)
	case d.Style == StyleMarkdown || d.Style != StylePlain && (len(d.Inline) > 0 || m.hasMarkup(sample)):
		return bothFrame + pageFrame + whole(size) + whole(size+lineMarkup*lines)
	}
	return whole(size)
}

// hasMarkup tells that StyleAuto makes HTML of a text.
func (m *Maker) hasMarkup(text string) bool {
	return mayHaveMarkup(text) && isModest(text) && new(parsed).hasMarkup(m.markdown.parse(text))
}

// textSize is how long a text gets in the encoding that it travels in, and how many lines
// it has.
func textSize(text string) (size, count int64) {
	encoding := textEncoding(text)
	for line := range lines(text) {
		length := len(line)
		if encoding == quotedPrintable {
			length += 2 * highOctets(line)
			length += length / textColumn * len("=\r\n")
		}
		size += int64(length + len("\r\n"))
		count++
	}
	if encoding == base64Encoding {
		size = encodedLength(size)
	}
	return size, count
}

// highOctets are those above 127.
func highOctets(text string) (n int) {
	for i := range len(text) {
		if text[i] >= utf8.RuneSelf {
			n++
		}
	}
	return n
}
