package compose

import (
	"slices"
	"strings"
)

// OnlyTo is a draft for some of its recipients alone, each where it stood, for whom
// it failed to reach. Who stands in none of its lists, as somebody that was typed in
// another form, is put into To. The cursor is at the end of the first address.
func (d Draft) OnlyTo(addresses []string) Draft {
	missing := slices.Clone(addresses)
	for _, list := range []*string{&d.To, &d.Cc, &d.Bcc} {
		*list = only(*list, &missing)
	}
	for _, address := range missing {
		d.To = strings.TrimPrefix(d.To+", "+address, ", ")
	}
	d.Cursor = Place{}
	for _, f := range []struct{ name, text string }{{"to", d.To}, {"cc", d.Cc}, {"bcc", d.Bcc}} {
		if list, err := ParseList(f.text); err == nil && len(list) > 0 {
			d.Cursor = Place{Field: f.name, At: len(strings.TrimSuffix(list[0].String(), ">"))}
			break
		}
	}
	return d
}

// only keeps those of a list that are missing, and takes them out of these.
func only(list string, missing *[]string) string {
	all, err := ParseList(list)
	if err != nil {
		return ""
	}
	var kept []string
	for _, a := range all {
		spec, err := a.ASCII() // as the envelope has it
		n := slices.IndexFunc(*missing, func(m string) bool { return strings.EqualFold(m, spec) })
		if err != nil || n < 0 {
			continue
		}
		*missing = slices.Delete(*missing, n, n+1)
		kept = append(kept, a.String())
	}
	return strings.Join(kept, ", ")
}
