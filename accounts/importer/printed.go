package importer

import (
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// saying is what a command tells of the password by itself, before it is run.
type saying int

const (
	saysNothing saying = iota // it has to be run
	saysPart                  // text stands in it that comes out, who knows in what form
	saysAll                   // what it prints stands in it
)

// maxNested bounds shells in shells, and commands in commands. Nobody writes that
// many; beyond it a line is taken for one that says something.
const maxNested = 8

// printed is what a command prints that only prints what stands in it, as echo does.
func printed(argv []string) (text string, says saying) {
	words := make([]shellWord, len(argv))
	for i, word := range argv {
		words[i].text = word
	}
	return printedBy(words, 0)
}

// printedByLine is that of a line for a shell. Of several commands it is not told
// what comes out in the end.
func printedByLine(line string, depth int) (string, saying) {
	commands, inner := shellSplit(line)
	if depth > maxNested || len(inner) > maxNested {
		return "", saysPart
	}
	for _, words := range commands {
		text, says := printedBy(words, depth)
		if says == saysAll && len(commands) == 1 && len(inner) == 0 {
			return text, saysAll
		}
		if says != saysNothing {
			return "", saysPart
		}
	}
	for _, line := range inner {
		if _, says := printedByLine(line, depth+1); says != saysNothing {
			return "", saysPart
		}
	}
	return "", saysNothing
}

var shells = []string{"sh", "ash", "bash", "dash", "fish", "ksh", "mksh", "zsh"}

func printedBy(words []shellWord, depth int) (text string, says saying) {
	words, given, aside := redirected(behindPrefixes(words))
	if len(words) == 0 {
		return "", saysNothing
	}
	program, args := filepath.Base(words[0].text), words[1:]
	switch {
	case program == "cat" && len(args) == 0 && len(given) == 1 && given[0].says():
		return exactly(given[0].text)
	case slices.ContainsFunc(given, shellWord.says):
		return "", saysPart
	case words[0].open, aside: // whatever it is; a word to the person
	case program == "echo":
		return echoed(args)
	case program == "printf":
		return formatted(args)
	case program == "eval":
		texts := make([]string, len(args))
		for i, word := range args {
			texts[i] = word.text
		}
		return printedByLine(strings.Join(texts, " "), depth+1)
	case slices.Contains(shells, program):
		for i, word := range args[:max(len(args)-1, 0)] {
			if strings.HasPrefix(word.text, "-") && !strings.HasPrefix(word.text, "--") && strings.HasSuffix(word.text, "c") {
				return printedByLine(args[i+1].text, depth+1)
			}
		}
	}
	return "", saysNothing
}

// exactly is saysAll of a text that can be a password as it is.
func exactly(text string) (string, saying) {
	switch {
	case text == "":
		return "", saysNothing
	case strings.ContainsAny(text, "\\\n\r"): // some shells make other characters of \n, some do not
		return "", saysPart
	}
	return text, saysAll
}

func echoed(args []shellWord) (string, saying) {
	if len(args) > 0 && args[0].text == "-n" {
		args = args[1:]
	}
	texts, open := make([]string, len(args)), false
	for i, word := range args {
		texts[i], open = word.text, open || word.open
	}
	switch {
	case !slices.ContainsFunc(args, shellWord.says):
		return "", saysNothing
	case open || strings.HasPrefix(texts[0], "-"):
		return "", saysPart
	}
	return exactly(strings.Join(texts, " "))
}

// directives are the parts of a format of printf that are no text.
var directives = regexp.MustCompile(`%[-+ #0-9.]*[a-zA-Z%]|\\.`)

func formatted(args []shellWord) (string, saying) {
	if len(args) > 0 && args[0].text == "--" {
		args = args[1:]
	}
	if len(args) == 0 {
		return "", saysNothing
	}
	format, values := args[0], args[1:]
	line := strings.TrimSuffix(format.text, `\n`)
	switch {
	case len(values) == 1 && line == "%s" && values[0].says():
		return exactly(values[0].text)
	case len(values) == 0 && format.says() && !strings.Contains(line, "%"):
		return exactly(line)
	case slices.ContainsFunc(values, shellWord.says), format.says() && directives.ReplaceAllString(format.text, "") != "":
		return "", saysPart
	}
	return "", saysNothing
}

// prefixes are words in front of a command, which is as good as if it stood alone.
var prefixes = []string{"!", "{", "builtin", "command", "do", "elif", "else", "env", "exec", "if", "nohup", "then", "time", "until", "while"}

func behindPrefixes(words []shellWord) []shellWord {
	isPrefix := func(word shellWord) bool {
		return slices.Contains(prefixes, filepath.Base(word.text)) || assignment.MatchString(word.text)
	}
	behind := false
	for len(words) > 0 && (isPrefix(words[0]) || behind && strings.HasPrefix(words[0].text, "-")) {
		words, behind = words[1:], true
	}
	return words
}

var assignment = regexp.MustCompile(`^[A-Za-z_][A-Za-z_0-9]*=`)

// redirected takes out what a command reads and where it writes. What is given is
// its input, written down there; aside tells that it does not print to where a
// password is read.
func redirected(words []shellWord) (rest, given []shellWord, aside bool) {
	for i := 0; i < len(words); i++ {
		word := words[i]
		if !word.operator {
			rest = append(rest, word)
			continue
		}
		target := shellWord{}
		if i++; i < len(words) {
			target = words[i]
		}
		switch {
		case word.text == "<<<":
			given = append(given, target)
		case word.text == "<<" || word.text == "<<-": // what stands in the lines below
			given = append(given, shellWord{text: "\n"})
		case word.text == ">&" && target.text == "2":
			aside = true
		}
	}
	return rest, given, aside
}
