package smtp

import (
	"maps"
	"slices"
	"strings"
	"testing"
)

func TestParseExtensions(t *testing.T) {
	for name, c := range map[string]struct {
		text     string
		keywords string
		auth     string
		size     int64
		rcptMax  int
	}{
		"a mixture":            {"test greets\nsize 1000\nStartTLS\nAUTH=LOGIN\nAuth plain  Login\n\nLIMITS RCPTMAX=50", "AUTH LIMITS SIZE STARTTLS", "plain Login LOGIN", 1000, 50},
		"usual":                {"mx.example.org at your service\nSIZE 35882577\n8BITMIME\nAUTH PLAIN LOGIN\nPIPELINING", "8BITMIME AUTH PIPELINING SIZE", "PLAIN LOGIN", 35882577, 0},
		"any case":             {"mx\nsize 1000\nPipeLining\nauth plain", "AUTH PIPELINING SIZE", "plain", 1000, 0},
		"none":                 {"mx", "", "", 0, 0},
		"old form of AUTH":     {"mx\nAUTH=LOGIN PLAIN\nAUTH CRAM-MD5", "AUTH", "CRAM-MD5 LOGIN PLAIN", 0, 0},
		"no fixed size":        {"mx\nSIZE", "SIZE", "", 0, 0},
		"size 0":               {"mx\nSIZE 0", "SIZE", "", 0, 0},
		"negative size":        {"mx\nSIZE -5", "SIZE", "", 0, 0},
		"size beyond numbers":  {"mx\nSIZE 99999999999999999999", "SIZE", "", 0, 0},
		"limits":               {"mx\nLIMITS RCPTMAX=100 MAILMAX=5 FUTURE=x", "LIMITS", "", 0, 100},
		"a limit of 0 is none": {"mx\nLIMITS RCPTMAX=0", "LIMITS", "", 0, 0},
		"more than six digits": {"mx\nLIMITS RCPTMAX=1000000", "LIMITS", "", 0, 0},
		"spaces and an empty":  {"mx\n  SIZE   7  \n\n", "SIZE", "", 7, 0},
	} {
		e := parseExtensions(c.text)
		keywords := strings.Join(slices.Sorted(maps.Keys(e)), " ")
		auth := strings.Join(strings.Fields(e["AUTH"]), " ")
		if keywords != c.keywords || auth != c.auth || e.maxSize() != c.size || e.limit("RCPTMAX") != c.rcptMax {
			t.Errorf("%s: %q, AUTH %q, SIZE %d, RCPTMAX %d; want %+v", name, keywords, auth, e.maxSize(), e.limit("RCPTMAX"), c)
		}
	}
}

// A keyword is found however it is written, and none has a space, a line end or a
// small letter in it.
func FuzzParseExtensions(f *testing.F) {
	f.Add("mx.example.org\nSIZE 35882577\nAUTH PLAIN LOGIN\nAUTH=LOGIN\nLIMITS RCPTMAX=10 MAILMAX=2")
	f.Add("\n=\nAUTH=\nauth=\x00\xff\n\u212a\nSIZE 18446744073709551616")
	f.Fuzz(func(t *testing.T, text string) {
		e := parseExtensions(text)
		for keyword, parameters := range e {
			if keyword == "" || strings.ContainsAny(keyword, " \n") || keyword != strings.ToUpper(keyword) {
				t.Errorf("keyword %q", keyword)
			}
			if strings.Contains(parameters, "\n") {
				t.Errorf("%s has parameters %q", keyword, parameters)
			}
		}
		if e.maxSize() < 0 {
			t.Errorf("SIZE is %d", e.maxSize())
		}
		for _, name := range []string{"MAILMAX", "RCPTMAX", "RCPTDOMAINMAX"} {
			if n := e.limit(name); n < 0 || n >= 1e6 {
				t.Errorf("%s is %d", name, n)
			}
		}
		_, again, _ := strings.Cut(text, "\n")
		if other := parseExtensions("another name\n" + again); !maps.Equal(e, other) && strings.Contains(text, "\n") {
			t.Errorf("%v, and behind another name %v", e, other)
		}
	})
}

// Before it refuses a message, a server that has let somebody in is asked again:
// some offer more behind the login (Dovecot does). Nobody pays for that but such a
// message, and once a connection.
func TestDeliver_AsksAgainBehindTheLogin(t *testing.T) {
	t.Setenv("SMTP_TEST_PASSWORD", password)
	const begin = "S: 220 test\nC: EHLO *\nS: 250-test\nS: 250-SIZE 10\nS: 250 AUTH PLAIN\nC: AUTH *\nS: 235 welcome\n"
	for name, c := range map[string]struct{ again, want string }{
		"more":         {"C: EHLO *\nS: 250-test\nS: 250 SIZE 1000\nC: MAIL FROM:<ada@example.org> SIZE=22\nS: 250 ok\nC: RCPT *\nS: 250 ok\nC: DATA\nS: 354 go\n" + verdictOK, "accepted"},
		"no more":      {"C: EHLO *\nS: 250-test\nS: 250 SIZE 11", "message"},
		"not twice":    {"C: EHLO *\nS: 503 5.5.1 you have said that", "message"},
		"it hangs up":  {"C: EHLO *\nclose", "network"},
		"it has to go": {"C: EHLO *\nS: 421 4.3.2 going down\nclose", "network"},
	} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t, begin+c.again, withLogin)
			report := r.deliver(t, delivery(hello))
			if classes(report) != c.want {
				t.Errorf("%+v", report)
			}
			if c.want == "message" {
				if again := r.deliver(t, delivery(hello)); classes(again) != "message" {
					t.Errorf("the second: %+v", again)
				}
			}
			if heard := r.finish(); len(heard) != 1 || heard[0].Commands("EHLO") != 2 {
				t.Errorf("the server heard %+v", heard)
			}
		})
	}
}

// Whatever is due on the connection comes first, and one that has been given up
// meanwhile is no failure of the message.
func TestDeliver_AsksAgainOnAUsedConnection(t *testing.T) {
	t.Setenv("SMTP_TEST_PASSWORD", password)
	const begin = "S: 220 test\nC: EHLO *\nS: 250-test\nS: 250-PIPELINING\nS: 250-SIZE 1000\nS: 250 AUTH PLAIN\nC: AUTH *\nS: 235 welcome\n"
	const refused = "C: MAIL *\nC: RCPT *\nC: DATA\nS: 250 ok\nS: 550 5.1.1 unknown\nS: 554 no valid recipients\n"
	const again = "C: EHLO *\nS: 250-test\nS: 250 SIZE 5000\n"
	const whole = "C: MAIL *\nS: 250 ok\nC: RCPT *\nS: 250 ok\nC: DATA\nS: 354 go\n" + verdictOK
	long := delivery(strings.Repeat("x", 1999) + "\r\n")
	for name, c := range map[string]struct {
		dialogue    string
		connections int
	}{
		"alive": {begin + refused + again + whole, 1}, // EHLO is the RSET that was due
		"gone":  {begin + refused + "C: EHLO *\nclose\n---\n" + begin + again + whole, 2},
	} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t, c.dialogue, withLogin)
			if first, second := r.deliver(t, delivery(hello)), r.deliver(t, long); classes(first) != "recipient" || classes(second) != "accepted" {
				t.Errorf("%+v, then %+v", first, second)
			}
			if heard := r.finish(); len(heard) != c.connections || heard[0].Commands("RSET") != 0 {
				t.Errorf("the server heard %+v", heard)
			}
		})
	}
}
