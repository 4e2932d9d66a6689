package merge

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
)

// jsonLines reads a list that has one JSON object a line. The first one names the
// columns.
type jsonLines struct {
	file    string
	scanner *bufio.Scanner
	line    int
	columns []string
	first   *record // was read for its names
}

func newJSONLines(file string, text io.Reader) *jsonLines {
	scanner := bufio.NewScanner(text)
	scanner.Buffer(make([]byte, 0, 64<<10), maxRow)
	return &jsonLines{file: file, scanner: scanner}
}

// header gives the names of the columns.
func (j *jsonLines) header() (record, error) {
	text, err := j.scan()
	if err != nil {
		return record{}, err
	}
	keys, values, problem := parseObject(text)
	if problem != "" {
		return record{}, j.problem(problem)
	}
	j.columns = keys
	j.first = &record{j.line, values}
	return record{j.line, keys}, nil
}

func (j *jsonLines) next() (record, error) {
	if first := j.first; first != nil {
		j.first = nil
		return *first, nil
	}
	text, err := j.scan()
	if err != nil {
		return record{}, err
	}
	keys, values, problem := parseObject(text)
	if problem == "" {
		values, problem = j.arrange(keys, values)
	}
	if problem != "" {
		return record{line: j.line}, j.problem(problem)
	}
	return record{j.line, values}, nil
}

func (j *jsonLines) problem(text string) Problem {
	return Problem{File: j.file, Line: j.line, Text: text, Hint: "every line is one object with the same keys, of texts and numbers"}
}

// scan gives the next line that is not blank.
func (j *jsonLines) scan() ([]byte, error) {
	for j.scanner.Scan() {
		j.line++
		if text := bytes.TrimSpace(j.scanner.Bytes()); len(text) > 0 {
			return text, nil
		}
	}
	switch err := j.scanner.Err(); {
	case errors.Is(err, bufio.ErrTooLong):
		return nil, Problem{File: j.file, Line: j.line + 1, Text: errRow.Error()}.final()
	case err != nil:
		return nil, err
	}
	return nil, io.EOF
}

// arrange puts values into the order of the columns.
func (j *jsonLines) arrange(keys, values []string) (arranged []string, problem string) {
	for _, key := range keys {
		if !slices.Contains(j.columns, key) {
			return nil, fmt.Sprintf("the key %s is not in the first line", quote(key))
		}
	}
	for _, column := range j.columns {
		i := slices.Index(keys, column)
		if i < 0 {
			return nil, fmt.Sprintf("the key %s is missing", quote(column))
		}
		arranged = append(arranged, values[i])
	}
	return arranged, ""
}

// parseObject reads a flat object in the order of its keys.
func parseObject(text []byte) (keys, values []string, problem string) {
	const notObject = "it is not a JSON object"
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	if opening, err := d.Token(); err != nil || opening != json.Delim('{') {
		return nil, nil, notObject
	}
	for d.More() {
		key, err := d.Token()
		if err != nil {
			return nil, nil, notObject
		}
		value, err := d.Token()
		if err != nil {
			return nil, nil, notObject
		}
		if slices.Contains(keys, key.(string)) { // a key is a string, or Token has failed
			return nil, nil, fmt.Sprintf("the key %s stands twice", quote(key.(string)))
		}
		text, ok := jsonText(value)
		if !ok {
			return nil, nil, fmt.Sprintf("%s is neither a text nor a number", quote(key.(string)))
		}
		keys, values = append(keys, key.(string)), append(values, text)
	}
	if _, err := d.Token(); err != nil { // the closing brace
		return nil, nil, notObject
	}
	if _, err := d.Token(); err != io.EOF {
		return nil, nil, "something follows the object"
	}
	return keys, values, ""
}

// jsonText is a value as a cell of a table has it.
func jsonText(value json.Token) (text string, ok bool) {
	switch v := value.(type) {
	case nil:
		return "", true
	case string:
		return v, true
	case json.Number, bool:
		return fmt.Sprint(v), true
	}
	return "", false
}
