package compose

import (
	"maps"
	"mime"
	"path/filepath"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/gabriel-vasile/mimetype"
)

// sniffBytes of a file are looked at to find its type.
const sniffBytes = 3 << 10

const octetStream = "application/octet-stream"

// kind is a type that a file name ends for, and what the content must be for
// the name to be believed: "notes.txt" that looks like CSV is text, but a
// program called "notes.txt" is not.
type kind struct{ mediaType, family string }

// kinds are those of which the content alone says too little. The list is here
// and not the machine's /etc/mime.types, because the same file must give the
// same message everywhere.
var kinds = map[string]kind{
	".css":  {"text/css", "text/plain"},
	".csv":  {"text/csv", "text/plain"},
	".diff": {"text/x-diff", "text/plain"},
	".htm":  {"text/html", "text/plain"},
	".html": {"text/html", "text/plain"},
	".ics":  {"text/calendar", "text/plain"},
	".js":   {"text/javascript", "text/plain"},
	".json": {"application/json", "text/plain"},
	".log":  {"text/plain", "text/plain"},
	".md":   {"text/markdown", "text/plain"},
	".py":   {"text/x-python", "text/plain"},
	".sh":   {"text/x-shellscript", "text/plain"},
	".svg":  {"image/svg+xml", "text/plain"},
	".toml": {"application/toml", "text/plain"},
	".tsv":  {"text/tab-separated-values", "text/plain"},
	".txt":  {"text/plain", "text/plain"},
	".vcf":  {"text/vcard", "text/plain"},
	".xml":  {"application/xml", "text/plain"},
	".yaml": {"application/yaml", "text/plain"},
	".yml":  {"application/yaml", "text/plain"},

	".docx": {"application/vnd.openxmlformats-officedocument.wordprocessingml.document", "application/zip"},
	".epub": {"application/epub+zip", "application/zip"},
	".jar":  {"application/java-archive", "application/zip"},
	".odp":  {"application/vnd.oasis.opendocument.presentation", "application/zip"},
	".ods":  {"application/vnd.oasis.opendocument.spreadsheet", "application/zip"},
	".odt":  {"application/vnd.oasis.opendocument.text", "application/zip"},
	".pptx": {"application/vnd.openxmlformats-officedocument.presentationml.presentation", "application/zip"},
	".xlsx": {"application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "application/zip"},

	".doc": {"application/msword", "application/x-ole-storage"},
	".ppt": {"application/vnd.ms-powerpoint", "application/x-ole-storage"},
	".xls": {"application/vnd.ms-excel", "application/x-ole-storage"},
}

// mediaType is the Content-Type of an attachment: the one asked for, if it is
// one, else what its beginning and its name say.
func mediaType(wanted, name string, beginning []byte) (string, map[string]string) {
	if value, params, ok := parseMediaType(wanted); ok {
		return encodable(value), params
	}
	found := mimetype.Detect(beginning)
	value, _, _ := strings.Cut(found.String(), ";")
	if k, ok := kinds[strings.ToLower(filepath.Ext(name))]; ok && isKind(found, k.family) {
		value = k.mediaType
	}
	if strings.HasPrefix(value, "text/") && isUTF8Beginning(beginning) {
		return value, map[string]string{"charset": "utf-8"}
	}
	return encodable(value), nil
}

func isKind(m *mimetype.MIME, family string) bool {
	for ; m != nil; m = m.Parent() {
		if m.Is(family) {
			return true
		}
	}
	return false
}

// encodable replaces the composite types: attachments travel as base64, which
// RFC 2045 §6.4 forbids for message/* and multipart/*. For a mail that was saved as a
// file see readSaved.
func encodable(mediaType string) string {
	if strings.HasPrefix(mediaType, "message/") || strings.HasPrefix(mediaType, "multipart/") {
		return octetStream
	}
	return mediaType
}

// IsMediaType tells that a text names a type, with or without parameters.
func IsMediaType(text string) bool {
	_, _, ok := parseMediaType(text)
	return ok
}

// parseMediaType reads a type that a person gave.
func parseMediaType(text string) (string, map[string]string, bool) {
	value, params, err := mime.ParseMediaType(text)
	if err != nil || len(text) > 200 || !isASCII(text) {
		return "", nil, false
	}
	top, sub, _ := strings.Cut(value, "/")
	for _, s := range append(slices.Collect(maps.Keys(params)), top, sub) {
		if s == "" || strings.ContainsFunc(s, func(r rune) bool { return !isToken(r) }) {
			return "", nil, false
		}
	}
	delete(params, "name") // the attachment's own is written
	return value, params, true
}

// isUTF8Beginning tells that b is UTF-8 text that may be cut in a character.
func isUTF8Beginning(b []byte) bool {
	return utf8.ValidString(string(b)[:runePrefix(string(b), sniffBytes-1)])
}
