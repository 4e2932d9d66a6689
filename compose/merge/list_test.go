package merge

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"runtime"
	"slices"
	"strings"
	"testing"
	"unicode/utf16"
)

// openText opens a list that has to be one.
func openText(t testing.TB, text string) *List {
	t.Helper()
	l, err := OpenList("list.csv", strings.NewReader(text), ListOptions{})
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// readAll gives every row of a list.
func readAll(t testing.TB, l *List) (rows []Row) {
	t.Helper()
	for row, err := range l.Rows() {
		if err != nil {
			t.Fatal(err)
		}
		rows = append(rows, row)
	}
	return rows
}

func wide(text string, littleEndian bool) string {
	var b strings.Builder
	for _, unit := range utf16.Encode([]rune("\ufeff" + text)) {
		if littleEndian {
			b.WriteString(string([]byte{byte(unit), byte(unit >> 8)}))
		} else {
			b.WriteString(string([]byte{byte(unit >> 8), byte(unit)}))
		}
	}
	return b.String()
}

func TestOpenList_ReadsWhatProgramsExport(t *testing.T) {
	const plain = "email,Full Name\nana@example.org,Ana Grün\n"
	for name, test := range map[string]struct{ text, note string }{
		"comma":           {plain, ""},
		"semicolon":       {strings.ReplaceAll(plain, ",", ";"), ""},
		"tab":             {strings.ReplaceAll(plain, ",", "\t"), ""},
		"bar":             {strings.ReplaceAll(plain, ",", "|"), ""},
		"Excel's hint":    {"sep=;\r\n" + strings.ReplaceAll(plain, ",", ";"), ""},
		"byte order mark": {"\ufeff" + plain, ""},
		"CRLF":            {strings.ReplaceAll(plain, "\n", "\r\n"), ""},
		"CR alone":        {strings.ReplaceAll(plain, "\n", "\r"), noteOldMac},
		"UTF-16 LE":       {wide(plain, true), noteUTF16},
		"UTF-16 BE":       {wide(plain, false), noteUTF16},
		"Windows-1252":    {strings.ReplaceAll(plain, "ü", "\xfc"), noteWindows},
		"no last line":    {strings.TrimSuffix(plain, "\n"), ""},
		"empty rows":      {strings.Replace(plain, "\nana", "\n\n,\nana", 1) + ",\n , \n", ""},
		"white space":     {" email , Full Name \n ana@example.org , Ana Grün \n", ""},
		"JSON Lines":      {`{"email": "ana@example.org", "Full Name": "Ana Grün"}` + "\n", ""},
		"JSON with BOM":   {"\ufeff\n" + `{"email": "ana@example.org", "Full Name": "Ana Grün"}`, ""},
	} {
		t.Run(name, func(t *testing.T) {
			l := openText(t, test.text)
			rows := readAll(t, l)
			if len(rows) != 1 || !slices.Equal(rows[0].Values, []string{"ana@example.org", "Ana Grün"}) || len(rows[0].Problems) > 0 {
				t.Fatalf("rows: %+v", rows)
			}
			if note := strings.Join(l.Notes(), ""); note != test.note {
				t.Errorf("notes: %q, want %q", note, test.note)
			}
			want := []Column{{"email", "email", UseAddress}, {"Full Name", "full_name", UseNone}}
			if !slices.Equal(l.Columns(), want) {
				t.Errorf("columns: %+v, want %+v", l.Columns(), want)
			}
		})
	}
}

func TestOpenList_RefusesWhatIsNoList(t *testing.T) {
	for name, test := range map[string]struct {
		text, want string
		options    ListOptions
	}{
		"nothing":            {"", "l: it is empty", ListOptions{}},
		"a workbook":         {"PK\x03\x04\x14\x00", "l: it is a packed file", ListOptions{}},
		"UTF-16 without BOM": {"e\x00m\x00", "NUL characters", ListOptions{}},
		"two encodings":      {"email\nü@example.org\n\xfc@example.org\n", "l:3: this line is not UTF-8, although others are", ListOptions{}},
		"nameless column":    {"email,\n", "l:1: column 2 has no name", ListOptions{}},
		"one name twice":     {"email,First Name,first_name\n", `both be {{ first_name }}`, ListOptions{}},
		"no address":         {"name,city\n", "no column has the addresses", ListOptions{}},
		"another address":    {"email\n", `there is no column "mail"`, ListOptions{ToColumn: "mail"}},
		"bad header":         {"em\"ail\n", "l:1: a quotation mark", ListOptions{}},
		"broken JSON":        {"{\"email\"\n", "l:1: it is not a JSON object", ListOptions{}},
		"endless header":     {strings.Repeat("x,", maxRow), "longer than 1 MiB", ListOptions{}},
		"endless JSON":       {"{\"email\":\"" + strings.Repeat("x", maxRow), "longer than 1 MiB", ListOptions{}},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := OpenList("l", strings.NewReader(test.text), test.options)
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("error %v, want one with %q", err, test.want)
			}
		})
	}
}

func TestList_TellsWrongRowsByLine(t *testing.T) {
	l := openText(t, "email,note\nana@example.org,\"two\nlines\"\nbob@example.org\neve@example.org,x,y\n"+
		"kim@example.org,a \"b\" c\nlea@example.org,\x1b[2J\nmax@example.org,fine\n")
	rows := readAll(t, l)
	want := []string{
		"", "list.csv:4: row 2: it has 1 cell, the header has 2", "list.csv:5: row 3: it has 3 cells, the header has 2",
		"list.csv:6: row 4: a quotation mark stands in the middle of a cell", `list.csv:7: row 5: "note" holds the control character U+001B`, "",
	}
	for i, row := range rows {
		got := ""
		if len(row.Problems) > 0 {
			got = row.Problems.Error()
		}
		if got != want[i] {
			t.Errorf("row %d: %q, want %q", i+1, got, want[i])
		}
	}
	if len(rows) != len(want) || rows[0].Values[1] != "two\nlines" || rows[5].Values[1] != "fine" {
		t.Errorf("rows: %+v", rows)
	}
}

func TestList_JSONLinesHaveTheColumnsOfTheFirst(t *testing.T) {
	l, err := OpenList("l", strings.NewReader(`{"email": "a@example.org", "n": 1.50, "b": true, "x": null}
{"x": "y", "b": false, "n": 12345678901234567890, "email": "b@example.org"}
{"email": "c@example.org", "n": 1, "b": true}
{"email": "d@example.org", "n": 1, "b": true, "x": "", "more": 1}
{"email": "e@example.org", "n": [1], "b": true, "x": ""}
{"email": "f@example.org", "email": "g@example.org"}
["email"]
{"email": "h@example.org", "n": "", "b": "", "x": ""} {}

{"email": "i@example.org", "n": "", "b": "", "x": ""}
`), ListOptions{})
	if err != nil {
		t.Fatal(err)
	}
	rows := readAll(t, l)
	want := []string{
		"[a@example.org 1.50 true ]", "[b@example.org 12345678901234567890 false y]",
		`l:3: row 3: the key "x" is missing`, `l:4: row 4: the key "more" is not in the first line`, `l:5: row 5: "n" is neither a text nor a number`,
		`l:6: row 6: the key "email" stands twice`, "l:7: row 7: it is not a JSON object", "l:8: row 8: something follows the object", "[i@example.org   ]",
	}
	for i, row := range rows {
		got := fmt.Sprint(row.Values)
		if len(row.Problems) > 0 {
			got = row.Problems.Error()
		}
		if i >= len(want) || got != want[i] {
			t.Errorf("row %d: %s", i+1, got)
		}
	}
	if len(rows) != len(want) || rows[8].Line != 10 {
		t.Errorf("%d rows, the last at line %d", len(rows), rows[len(rows)-1].Line)
	}
}

func TestList_EndsAtAQuotationMarkThatIsNeverClosed(t *testing.T) {
	text := "email,note\na@example.org,fine\nb@example.org,\"open\n" + strings.Repeat("c@example.org,fine\n", 2*maxRow/20)
	l := openText(t, text)
	good := 0
	var last error
	for row, err := range l.Rows() {
		if last = err; err == nil && len(row.Problems) == 0 {
			good++
		}
	}
	var problems Problems
	if !errors.As(last, &problems) || problems[0].Line != 3 || good != 1 {
		t.Errorf("after %d rows: %v", good, last)
	}
}

// endless is a list of many rows that stands nowhere.
type endless struct {
	rows, at int
	rest     []byte
}

func (e *endless) Read(p []byte) (int, error) {
	for len(e.rest) == 0 {
		if e.at > e.rows {
			return 0, io.EOF
		}
		e.rest = fmt.Appendf(nil, "person%d@example.org,Person %d,%s\n", e.at, e.at, strings.Repeat("x", 50))
		if e.at == 0 {
			e.rest = []byte("email,name,note\n")
		}
		e.at++
	}
	n := copy(p, e.rest)
	e.rest = e.rest[n:]
	return n, nil
}

func (e *endless) Seek(offset int64, whence int) (int64, error) {
	if offset != 0 || whence != io.SeekStart {
		return 0, errors.ErrUnsupported
	}
	e.at, e.rest = 0, nil
	return 0, nil
}

func TestList_IsNeverHeldInMemory(t *testing.T) {
	const rows = 100_000 // 9 MB
	l, err := OpenList("l", &endless{rows: rows}, ListOptions{})
	if err != nil {
		t.Fatal(err)
	}
	var before, now runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	read := 0
	for row, err := range l.Rows() {
		if err != nil || len(row.Problems) > 0 {
			t.Fatal(err, row.Problems)
		}
		if read++; read%25_000 == 0 {
			runtime.GC()
			runtime.ReadMemStats(&now)
			if grown := int64(now.HeapAlloc) - int64(before.HeapAlloc); grown > 2<<20 {
				t.Fatalf("%d octets more after %d rows", grown, read)
			}
		}
	}
	if read != rows {
		t.Errorf("%d rows, want %d", read, rows)
	}
}

func TestOpenList_FindsTheAddressesByTheNamesThatProgramsGive(t *testing.T) {
	for header, want := range map[string]string{
		"Name,E-Mail-Adresse": "E-Mail-Adresse", "Anrede,Mailadresse,Ort": "Mailadresse", "nom;Adresse e-mail": "Adresse e-mail", "nom;Courriel;x": "Courriel",
		"nombre,Correo electrónico": "Correo electrónico", "E-mail Address,Address": "E-mail Address", "address,EMAIL": "EMAIL", "Name\tAddress": "Address",
	} {
		used := ""
		for _, c := range openText(t, header+"\n").Columns() {
			if c.Use == UseAddress {
				used += c.Name
			}
		}
		if used != want {
			t.Errorf("%q: %q, want %q", header, used, want)
		}
	}
}

func TestAlias(t *testing.T) {
	for name, want := range map[string]string{
		"First Name": "first_name", "E-Mail": "e_mail", " é té ": "é_té", "2nd": "_2nd", "a--b": "a_b", "(x)": "x", "%": "", "नाम": "नाम", "FirstName": "firstname",
	} {
		if got := alias(name); got != want {
			t.Errorf("alias(%q) = %q, want %q", name, got, want)
		}
	}
}

// FuzzList reads any bytes: rows have a cell for each column or a problem, lines
// only go up, cells are clean, and what csv or JSON wrote is read back.
func FuzzList(f *testing.F) {
	for _, seed := range []string{
		"email,name\na@example.org,Ana\n", "email;name\r\n\"a\"\"@x\";\r\n", "{\"email\":\"a\"}\n{\"email\":1}\n", "sep=|\nemail|x\na|b", "\ufeffemail\n\"", "email\n\xfc",
		wide("email\tn\nü\t\"x\n\"", true), "email\ra\rb\r", "email,a\n,\n\x00", "{", "sep=;", "email,\"a",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		l, err := OpenList("l", bytes.NewReader(text), ListOptions{})
		if err != nil {
			checkClean(t, err.Error())
			return
		}
		line, number := 0, 0
		for row, err := range l.Rows() {
			if err != nil {
				checkClean(t, err.Error())
				return
			}
			if number++; row.Line < line || row.Number != number {
				t.Fatalf("row %d at line %d after line %d", row.Number, row.Line, line)
			}
			line = row.Line
			if len(row.Problems) > 0 {
				checkClean(t, row.Problems.Error())
				continue
			}
			if len(row.Values) != len(l.Columns()) {
				t.Fatalf("%d values in %d columns", len(row.Values), len(l.Columns()))
			}
			for _, value := range row.Values {
				if unfit(value) != "" || strings.ContainsAny(value, "\r") || strings.TrimSpace(value) != value {
					t.Fatalf("value %q", value)
				}
			}
		}
	})
}

// checkClean fails if a terminal would act on a problem.
func checkClean(t *testing.T, text string) {
	t.Helper()
	if what := unfit(text); what != "" {
		t.Fatalf("%q holds %s", text, what)
	}
}

func TestList_CellsOfJSONStayWhatTheyAre(t *testing.T) {
	want := []string{"a@example.org", "=1+1", `q"uo,te;|`, "two\nlines"}
	text, _ := json.Marshal(map[string]string{"email": want[0], "f": want[1], "q": want[2], "t": want[3]})
	rows := readAll(t, openText(t, string(text)))
	if !slices.Equal(rows[0].Values, want) {
		t.Errorf("%q", rows[0].Values)
	}
}
