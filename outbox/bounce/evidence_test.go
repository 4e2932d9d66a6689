package bounce

import (
	"slices"
	"strings"
	"testing"
)

// A phrase that is not in lower case, or has two spaces, matches nothing; one
// that holds another of its table adds nothing.
func TestTables_PhrasesCanMatch(t *testing.T) {
	for name, table := range map[string][]string{
		"servers": servers, "serverNames": serverNames, "gateways": gateways, "lists": lists, "listRefusals": listRefusals, "subjects": subjects,
		"phrases": phrases, "titles": titles, "repeated": repeated, "returnedMarks": returnedMarks, "wholeMarks": wholeMarks, "firstFields": firstFields,
		"labelWords": labelWords, "otherLabels": otherLabels, "bareLabels": bareLabels, "deliveries": deliveries, "otherFields": otherFields, "speech": speech,
		"invitations": invitations, "service": service, "delays": delays, "stillTrying": stillTrying, "ends": ends, "waits": waits, "unreachable": unreachable,
	} {
		for i, phrase := range table {
			if phrase == "" || strings.ToLower(phrase) != phrase || strings.Contains(phrase, "  ") {
				t.Errorf("%s: %q cannot match", name, phrase)
			}
			if slices.Contains(table[:i], phrase) {
				t.Errorf("%s: %q stands there twice", name, phrase)
			}
		}
	}
	for _, table := range [][]string{servers, gateways} {
		for _, local := range table {
			if strings.ContainsFunc(local, func(r rune) bool { return r > 127 || !isAlnum(byte(r)) }) {
				t.Errorf("%q cannot match: only letters and digits are compared", local)
			}
		}
	}
}
