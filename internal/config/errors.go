package config

import (
	"errors"
	"slices"
	"strings"
)

// Errors are several things that are wrong with what people have configured; there are at
// least two. errors.As finds the first of them as an [*Error].
type Errors []*Error

// Error has a line for each.
func (e Errors) Error() string {
	lines := make([]string, len(e))
	for n, one := range e {
		lines[n] = one.Error()
	}
	return strings.Join(lines, "\n")
}

// Unwrap gives them one by one.
func (e Errors) Unwrap() []error {
	all := make([]error, len(e))
	for n, one := range e {
		all[n] = one
	}
	return all
}

// Join makes one error of all that is wrong with some files: each file by its lines, the
// files as they come. Nil if nothing is; an [*Error] if that is all. An error of another kind
// is given only where there is none of these.
func Join(errs ...error) error {
	var all Errors
	var other error
	for _, err := range errs {
		some := ErrorsOf(err)
		all = append(all, some...)
		if len(some) == 0 && other == nil {
			other = err
		}
	}
	switch len(all) {
	case 0:
		return other
	case 1:
		return all[0]
	}
	var files []string
	for _, e := range all {
		if !slices.Contains(files, e.File) {
			files = append(files, e.File)
		}
	}
	slices.SortStableFunc(all, func(a, b *Error) int {
		if a.File != b.File {
			return slices.Index(files, a.File) - slices.Index(files, b.File)
		}
		return a.Line - b.Line
	})
	return all
}

// ErrorsOf are the complaints that an error is made of; none if it is another error.
func ErrorsOf(err error) Errors {
	var several Errors
	if errors.As(err, &several) {
		return several
	}
	var one *Error
	if errors.As(err, &one) {
		return Errors{one}
	}
	return nil
}

// Errors are all that is wrong with the file: what was found so far, and what errs say.
func (d *Document) Errors(errs ...error) error {
	all := d.news(errs...)
	for _, e := range d.wrong {
		all = append(all, e)
	}
	return Join(all...)
}

// Note takes in what was found to be wrong, so that what only follows from that is not told
// by what is found later.
func (d *Document) Note(errs ...error) {
	for _, err := range d.news(errs...) {
		d.wrong = append(d.wrong, ErrorsOf(err)...)
	}
}

// news are errors without what follows only from something that was found before. In doubt
// that is left out: it is told as soon as the other is mended.
func (d *Document) news(errs ...error) (all []error) {
	for _, err := range errs {
		some := ErrorsOf(err)
		if err != nil && len(some) == 0 {
			all = append(all, err)
		}
		for _, e := range some {
			if !d.follows(e) {
				all = append(all, e)
			}
		}
	}
	return all
}

// Broken tells that something at path, or in it, was found to be wrong.
func (d *Document) Broken(path string) bool {
	return slices.ContainsFunc(d.wrong, func(e *Error) bool { return within(e.path, path) })
}

// follows tells that a complaint may only follow from another: that is about the same
// place, or one in it or around it, or, where something is missing, about a neighbour that
// is not known, and may be what it was meant to be.
func (d *Document) follows(e *Error) bool {
	missing := !d.Has(e.path)
	return slices.ContainsFunc(d.wrong, func(other *Error) bool {
		return within(e.path, other.path) || within(other.path, e.path) || missing && other.unknown && parent(e.path) == parent(other.path)
	})
}
