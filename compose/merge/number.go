package merge

import (
	"errors"
	"fmt"
	"math/big"
	"regexp"
	"strconv"
	"strings"
)

// The filters that compute. Those of Liquid take what is no number for 0, so that
// a price of "7,50", or none, would be one of 0 in a letter; and they compute with
// binary fractions, in which three times 19.99 is not 59.97.

// binaryFilters compute with two numbers.
var binaryFilters = map[string]func(a, b *big.Rat) (*big.Rat, error){
	"plus":  func(a, b *big.Rat) (*big.Rat, error) { return new(big.Rat).Add(a, b), nil },
	"minus": func(a, b *big.Rat) (*big.Rat, error) { return new(big.Rat).Sub(a, b), nil },
	"times": func(a, b *big.Rat) (*big.Rat, error) { return new(big.Rat).Mul(a, b), nil },
	"modulo": func(a, b *big.Rat) (*big.Rat, error) {
		quotient, err := divide(a, b)
		if err != nil {
			return nil, err
		}
		return new(big.Rat).Sub(a, new(big.Rat).Mul(b, floor(quotient))), nil
	},
	"at_least": func(a, b *big.Rat) (*big.Rat, error) {
		if a.Cmp(b) < 0 {
			return b, nil
		}
		return a, nil
	},
	"at_most": func(a, b *big.Rat) (*big.Rat, error) {
		if a.Cmp(b) > 0 {
			return b, nil
		}
		return a, nil
	},
}

// unaryFilters compute with one.
var unaryFilters = map[string]func(a *big.Rat) *big.Rat{
	"abs":   func(a *big.Rat) *big.Rat { return new(big.Rat).Abs(a) },
	"floor": floor,
	"ceil":  func(a *big.Rat) *big.Rat { return new(big.Rat).Neg(floor(new(big.Rat).Neg(a))) },
}

// addNumberFilters puts the filters that compute in the place of Liquid's.
func addNumberFilters(add func(name string, filter any)) {
	for name, compute := range binaryFilters {
		add(name, func(x, y any) (any, error) {
			a, b, err := numbers(x, y)
			if err != nil {
				return nil, err
			}
			result, err := compute(a.Rat, b.Rat)
			if err != nil {
				return nil, err
			}
			return value(result, a.fraction || b.fraction), nil
		})
	}
	for name, compute := range unaryFilters {
		add(name, func(x any) (any, error) {
			a, err := parseNumber(x)
			if err != nil {
				return nil, err
			}
			return value(compute(a.Rat), false), nil
		})
	}
	add("divided_by", dividedBy)
	add("round", round)
}

// dividedBy gives a whole number for two whole ones, as Liquid does.
func dividedBy(x, y any) (any, error) {
	a, b, err := numbers(x, y)
	if err != nil {
		return nil, err
	}
	quotient, err := divide(a.Rat, b.Rat)
	if err != nil {
		return nil, err
	}
	if !a.fraction && !b.fraction {
		quotient = floor(quotient)
	}
	return value(quotient, a.fraction || b.fraction), nil
}

// round rounds half away from zero.
func round(x any, places func(int) int) (any, error) {
	a, err := parseNumber(x)
	if err != nil {
		return nil, err
	}
	digits := places(0)
	if digits < 0 || digits > maxDigits {
		return nil, fmt.Errorf("it cannot be rounded to %d digits", digits)
	}
	rounded, _ := new(big.Rat).SetString(a.FloatString(digits)) // it has written a number
	return value(rounded, digits > 0), nil
}

// number is exact.
type number struct {
	*big.Rat
	fraction bool // it is written with a point
}

// maxDigits bounds the work.
const maxDigits = 40

var decimal = regexp.MustCompile(`^[-+]?[0-9]+(\.[0-9]+)?$`)

// parseNumber reads a cell, a number of the template, or what a filter has made.
func parseNumber(x any) (number, error) {
	text := printable(x)
	if f, isFloat := x.(float64); isFloat {
		text = strconv.FormatFloat(f, 'f', -1, 64)
	}
	r, ok := new(big.Rat), len(text) <= maxDigits && decimal.MatchString(text)
	if ok {
		r, ok = r.SetString(text)
	}
	switch {
	case text == "":
		return number{}, errors.New("there is nothing to compute with")
	case !ok:
		return number{}, fmt.Errorf("%s is not a number such as 7 or 7.50", quote(text))
	}
	_, isFloat := x.(float64)
	return number{r, isFloat || !r.IsInt() || strings.Contains(text, ".")}, nil
}

func numbers(x, y any) (a, b number, err error) {
	if a, err = parseNumber(x); err == nil {
		b, err = parseNumber(y)
	}
	return a, b, err
}

func divide(a, b *big.Rat) (*big.Rat, error) {
	if b.Sign() == 0 {
		return nil, errors.New("nothing can be divided by 0")
	}
	return new(big.Rat).Quo(a, b), nil
}

func floor(a *big.Rat) *big.Rat {
	quotient, remainder := new(big.Int).QuoRem(a.Num(), a.Denom(), new(big.Int))
	if remainder.Sign() < 0 { // it has cut towards zero
		quotient.Sub(quotient, big.NewInt(1))
	}
	return new(big.Rat).SetInt(quotient)
}

// value is a number as Liquid compares and writes it: the nearest float64 of a
// decimal fraction is written as that fraction.
func value(r *big.Rat, fraction bool) any {
	if r.IsInt() && r.Num().IsInt64() && !fraction {
		return int(r.Num().Int64())
	}
	f, _ := r.Float64()
	return f
}
