package smtp

// How much is kept of the words of one attempt's refusals, in bytes. A list of
// tens of thousands, each refused in 2 KiB, would be tens of megabytes in memory
// and in the outbox; what is behind the first hundreds nobody reads to the end.
const (
	maxKeptWhole = 256 << 10 // until then each is kept as it is
	maxKeptShort = 4 << 20   // until then their beginnings are; behind it the codes alone
	keptShort    = 100
)

// keptWords bounds the words of an attempt, and keeps those that are equal once.
type keptWords struct {
	seen  map[string]string
	bytes int
}

// keep gives the text as it may be kept.
func (k *keptWords) keep(text string) string {
	switch {
	case k.bytes >= maxKeptShort:
		return ""
	case k.bytes >= maxKeptWhole:
		text = shorten(text, keptShort)
	}
	if same, known := k.seen[text]; known {
		return same
	}
	if k.seen == nil {
		k.seen = make(map[string]string)
	}
	k.seen[text] = text
	k.bytes += len(text)
	return text
}
