package review

import (
	"slices"
	"strings"
	"unicode"

	"sendoff/compose"
)

// attachmentWords are what people write of a file that goes along, in the languages
// that most mail is written in. A word that ends in * is the beginning of others; one
// that means a machine or an app as often (Anlage, приложение) stands only with the
// words that make it a file.
var attachmentWords = []string{
	// English
	"attached", "attachment*", "attachement*", "attaching", "i attach", "pfa", "i enclose", "enclosed", "enclosure*", "please find attached",
	// German
	"anhang", "anhänge", "anhängen", "angehängt*", "angehaengt*", "anbei", "beigefügt*", "beigefuegt*", "beiliegend*", "hänge ich an", "in der anlage", "als anlage",
	// French
	"ci joint*", "pièce jointe", "pièces jointes", "piece jointe", "pieces jointes", "en pj", "en annexe", "en attaché", "je joins",
	// Spanish
	"adjunto*", "adjunta*", "adjuntamos", "adjuntado*", "en el anexo",
	// Italian
	"allegato", "allegati", "allegata", "allegate", "allego", "alleghiamo",
	// Portuguese
	"em anexo", "segue anexo", "segue anexa", "seguem anexos", "anexei", "anexado*", "anexada*", "no anexo",
	// Dutch
	"bijlage", "bijlagen", "bijgevoegd*", "bijgesloten", "meegestuurd*",
	// Russian
	"во вложении", "вложение", "вложения", "вложенн*", "вложил*", "прилагаю", "прилагаем", "прилагается", "прилагаются", "прикрепил*", "прикрепляю", "прикреплен*", "прикреплён*",
	// Polish
	"załącznik*", "załączam*", "załączon*", "w załączeniu",
	// Swedish, Danish, Norwegian
	"bifogar", "bifogad*", "bifogat", "vedhæft*", "vedlagt*", "vedlegg*", "vedhæng*",
}

// attachmentSigns mean the same in scripts that put no space between words.
var attachmentSigns = []string{"添付", "附件", "附上", "첨부"}

// attachmentMissing finds a message that speaks of a file and has none.
func attachmentMissing(d compose.Draft) []Finding {
	if len(d.Attachments)+len(d.Inline) > 0 {
		return nil
	}
	text := own(d.PlainBody())
	if !compose.IsOthers(d.Subject) {
		text = d.Subject + "\n" + text
	}
	word := spoken(text)
	if word == "" {
		return nil
	}
	return []Finding{{Grave, "You write “" + word + "”, and nothing is attached.", Fix{What: "attach a file", Field: "attachments"}}}
}

// maxRead is how much of a text is looked through, in bytes: what is longer was not
// written by hand.
const maxRead = 256 << 10

// own is what the sender has written: no quotes, no signature, nothing that is passed
// on.
func own(text string) string {
	var kept strings.Builder
	all := strings.Split(text[:min(len(text), maxRead)], "\n")
	for n, line := range all {
		bare := strings.TrimRight(line, "\r")
		switch trimmed := strings.TrimSpace(bare); {
		case bare == "-- " || bare == "--" || isForwarded(trimmed):
			return kept.String()
		case isAttribution(all[max(n-1, 0):n+1]) && !isQuoted(all[n+1:]): // all below is by others
			return kept.String()
		case !strings.HasPrefix(trimmed, ">"):
			kept.WriteString(bare + "\n")
		}
	}
	return kept.String()
}

// attributions are how the line begins and ends that mail programs put above a text that
// is answered: "On 2 Jan 2026 at 15:04, Ana wrote:".
var attributions = []struct{ begin, end string }{
	{"on ", "wrote:"}, {"am ", "schrieb:"}, {"am ", "geschrieben:"}, {"le ", "a écrit :"}, {"le ", "a écrit:"}, {"el ", "escribió:"}, {"il ", "scritto:"},
	{"em ", "escreveu:"}, {"op ", "schreef:"}, {"den ", "skrev:"}, {"dnia ", "napisał(a):"}, {"в ", "пишет:"},
}

// isAttribution tells that line by the last of up to two lines, on which it may stand.
func isAttribution(lines []string) bool {
	last := strings.ToLower(strings.TrimSpace(strings.ReplaceAll(lines[len(lines)-1], "\u00a0", " ")))
	for _, a := range attributions {
		if strings.HasSuffix(last, a.end) && slices.ContainsFunc(lines, func(line string) bool {
			return strings.HasPrefix(strings.ToLower(strings.TrimSpace(line)), a.begin)
		}) {
			return true
		}
	}
	return false
}

// isQuoted tells that a text begins with quotes.
func isQuoted(lines []string) bool {
	for _, line := range lines {
		if line = strings.TrimSpace(line); line != "" {
			return strings.HasPrefix(line, ">")
		}
	}
	return false
}

// isForwarded tells the line that mail programs put above what others wrote:
// "---------- Forwarded message ---------", "-----Original Message-----".
func isForwarded(line string) bool {
	const dashes = "-----"
	return strings.HasPrefix(line, dashes) && strings.HasSuffix(line, dashes) && strings.Trim(line, "- ") != ""
}

// spoken gives the first words of a text that speak of a file, as they are listed; ""
// if none do.
func spoken(text string) string {
	for _, sign := range attachmentSigns {
		if strings.Contains(text, sign) {
			return sign
		}
	}
	words := strings.FieldsFunc(strings.ToLower(text), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsMark(r) })
	at := make(map[string][]wanted)
	for _, listed := range attachmentWords {
		w := wanted(strings.Fields(listed))
		start := strings.TrimSuffix(w[0], "*")
		key := start[:min(len(start), keyLength)]
		at[key] = append(at[key], w)
	}
	for i, word := range words {
		for n := 1; n <= min(len(word), keyLength); n++ {
			for _, w := range at[word[:n]] {
				if found, ok := w.match(words[i:]); ok {
					return found
				}
			}
		}
	}
	return ""
}

// keyLength is how many bytes of the first word tell most others from it.
const keyLength = 6

// wanted is one entry of the list, word by word.
type wanted []string

// match gives the words that a text begins with, if they are those.
func (w wanted) match(words []string) (string, bool) {
	if len(words) < len(w) {
		return "", false
	}
	for i, want := range w {
		start, open := strings.CutSuffix(want, "*")
		if words[i] != start && !(open && strings.HasPrefix(words[i], start)) {
			return "", false
		}
	}
	return strings.Join(words[:len(w)], " "), true
}
