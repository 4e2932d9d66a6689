package pace

import (
	"math/rand/v2"
	"strings"
	"testing"
	"time"
	_ "time/tzdata" // the same zones everywhere
)

func zone(t testing.TB, name string) *time.Location {
	t.Helper()
	z, err := time.LoadLocation(name)
	if err != nil {
		t.Fatal(err)
	}
	return z
}

// at reads a time of a zone.
func at(t testing.TB, zone *time.Location, text string) time.Time {
	t.Helper()
	when, err := time.ParseInLocation("2006-01-02 15:04:05", text+":00"[:19-len(text)], zone)
	if err != nil {
		t.Fatal(err)
	}
	return when
}

func hours(t testing.TB, text string) Hours {
	t.Helper()
	h, err := ParseHours(text)
	if err != nil {
		t.Fatal(err)
	}
	return h
}

func TestHours_OpenNextAt(t *testing.T) {
	// 2026-12-24 is a Thursday.
	for _, test := range []struct{ hours, from, want string }{
		{"08:00-18:00 mon-fri", "2026-12-24 07:59:59", "2026-12-24 08:00"},
		{"08:00-18:00 mon-fri", "2026-12-24 08:00", "2026-12-24 08:00"},
		{"08:00-18:00 mon-fri", "2026-12-24 17:59:59", "2026-12-24 17:59:59"},
		{"08:00-18:00 mon-fri", "2026-12-24 18:00", "2026-12-25 08:00"},
		{"08:00-18:00 mon-fri", "2026-12-25 18:00", "2026-12-28 08:00"},
		{"8:00-18:00", "2026-12-26 19:00", "2026-12-27 08:00"},
		{"Mon-Fri", "2026-12-26 11:30", "2026-12-28 00:00"},
		{"sat,sunday", "2026-12-24 11:30", "2026-12-26 00:00"},
		{"fri-mon", "2026-12-29 11:30", "2027-01-01 00:00"},
		{"08:00-12:00,14:00-24:00 thu", "2026-12-24 12:00", "2026-12-24 14:00"},
		{"08:00-12:00,14:00-24:00 thu", "2026-12-24 23:59", "2026-12-24 23:59"},
		{"08:00-12:00,14:00-24:00 thu", "2026-12-25 00:00", "2026-12-31 08:00"},
		{"22:00-06:00 fri", "2026-12-26 05:59", "2026-12-26 05:59"},
		{"22:00-06:00 fri", "2026-12-26 06:00", "2027-01-01 22:00"},
		{"22:00-06:00 sat", "2026-12-27 05:59", "2026-12-27 05:59"},
		{"08:00-18:00 mon-fri UTC", "2026-12-24 18:59", "2026-12-24 18:59"},
		{"08:00-18:00 mon-fri utc", "2026-12-24 08:30", "2026-12-24 09:00"},
		{"09:00-10:00 America/New_York", "2026-12-24 12:00", "2026-12-24 15:00"},
		{"09:00-10:00 Asia/Kathmandu", "2026-12-24 12:00", "2026-12-25 04:15"},
		// The clock goes from 02:00 to 03:00 on 2026-03-29, and on 2026-10-25 from 03:00 back to 02:00.
		{"02:30-02:45", "2026-03-29 00:00", "2026-03-30 02:30"},
		{"02:30-03:30", "2026-03-29 00:00", "2026-03-29 03:00"},
		{"04:00-05:00", "2026-03-29 00:00", "2026-03-29 04:00"},
		{"04:00-05:00", "2026-10-25 00:00", "2026-10-25 04:00"},
		{"08:00-18:00 mon-fri", "2026-03-27 20:00", "2026-03-30 08:00"},
		{"08:00-18:00 mon-fri", "2026-10-23 20:00", "2026-10-26 08:00"},
	} {
		berlin := zone(t, "Europe/Berlin")
		from := at(t, berlin, test.from)
		next := hours(t, test.hours).Next(from)
		if want := at(t, berlin, test.want); !next.Equal(want) || next.Location() != berlin {
			t.Errorf("%s from %s: %s, want %s", test.hours, test.from, next, want)
		}
	}
}

func TestHours_OpenTwiceWhereAnHourComesTwice(t *testing.T) {
	berlin := zone(t, "Europe/Berlin")
	h := hours(t, "02:00-02:30")
	first := h.Next(at(t, berlin, "2026-10-25 00:00"))
	second := h.Next(first.Add(30 * time.Minute))
	if second.Sub(first) != time.Hour || second.Format("15:04") != "02:00" {
		t.Errorf("first %s, then %s", first, second)
	}
}

func TestHours_ZeroIsAlways(t *testing.T) {
	now := time.Now()
	if !(Hours{}).Open(now) || !(Hours{}).Next(now).Equal(now) || (Hours{}).String() != "" {
		t.Error("it is not always open")
	}
}

func TestHours_NextIsTheFirstOpenMinute(t *testing.T) {
	const most = 9 * day
	names := []string{"Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Africa/Casablanca", "Asia/Kolkata", "UTC"}
	dates := []string{"2026-03-06 12:00", "2026-03-27 12:00", "2026-04-03 12:00", "2026-10-02 12:00", "2026-10-24 12:00", "2026-10-31 12:00", "2026-02-14 12:00"}
	random := rand.New(rand.NewPCG(1, 2))
	for range 2000 {
		z := zone(t, names[random.IntN(len(names))])
		var h Hours
		for range 1 + random.IntN(2) {
			from := random.IntN(day)
			h.spans = append(h.spans, span{from, (from + 1 + random.IntN(day-1)) % (day + 1)})
		}
		for range 1 + random.IntN(3) {
			h.days[random.IntN(7)] = true
		}
		start := at(t, z, dates[random.IntN(len(dates))]).Add(time.Duration(random.IntN(day)) * time.Minute)
		got := h.Next(start)
		want := start
		for i := 0; i < most && !h.Open(want); i++ {
			want = want.Add(time.Minute)
		}
		if !h.Open(got) || !got.Equal(want) {
			t.Fatalf("%v from %s: %s, want %s", h, start, got, want)
		}
	}
}

func TestParseHours_SaysWhatItDoesNotUnderstand(t *testing.T) {
	for text, want := range map[string]string{
		"":                               "write it as",
		"08:00":                          `"08:00" is not a part of a day`,
		"08:00-25:00":                    "not a part of a day",
		"24:00-08:00":                    "not a part of a day",
		"08:60-09:00":                    "not a part of a day",
		"8-18":                           "not a part of a day",
		"08:00-08:00":                    "ends when it begins",
		"08:00-18:00 mon-frx":            `"mon-frx" is not a day of the week`,
		"mo":                             "not a day of the week",
		"mon,":                           "not a day of the week",
		"always":                         "not a day of the week",
		"08:00-18:00 Europe/Atlantis":    `no time zone "Europe/Atlantis"`,
		"08:00-18:00 ../../etc/passwd":   "no time zone",
		"08:00-18:00 UTC mon-fri":        "nothing follows the time zone",
		"08:00-18:00 " + "x\x1b[2J":      `"x\x1b[2j" is not a day`,
		strings.Repeat("x", 1000) + "/y": "no time zone",
	} {
		_, err := ParseHours(text)
		if err == nil || !strings.Contains(err.Error(), want) || len(err.Error()) > 300 {
			t.Errorf("%q: error %v, want %q", text, err, want)
		}
	}
}

func FuzzParseHours(f *testing.F) {
	for _, text := range []string{"08:00-18:00 mon-fri", "22:00-06:00,12:00-13:00 sat,sun-tue Europe/Berlin", "utc", "00:00-24:00"} {
		f.Add(text, int64(1_790_000_000))
	}
	f.Fuzz(func(t *testing.T, text string, seconds int64) {
		h, err := ParseHours(text)
		if err != nil {
			return
		}
		from := time.Unix(seconds%(1<<33), 0).UTC()
		next := h.Next(from)
		if next.Before(from) || next.Sub(from) > 15*24*time.Hour {
			t.Fatalf("%q from %s: %s", text, from, next)
		}
		again, err := ParseHours(h.String())
		if err != nil || !again.Next(from).Equal(next) {
			t.Fatalf("%q is not read as what it says: %q, %v", text, h, err)
		}
	})
}

func TestBegin_AsksWhenTheStartWasMissed(t *testing.T) {
	z := zone(t, "Europe/Berlin")
	office := hours(t, "08:00-18:00 mon-fri")
	for _, test := range []struct {
		name, at string
		hours    Hours
		now      string
		want     Start
		from     string
	}{
		{"at once", "", Hours{}, "2026-12-24 12:00", StartNow, "2026-12-24 12:00"},
		{"at once, closed", "", office, "2026-12-24 19:00", StartWait, "2026-12-25 08:00"},
		{"later", "2026-12-24 14:00", Hours{}, "2026-12-24 12:00", StartWait, "2026-12-24 14:00"},
		{"on time", "2026-12-24 14:00", Hours{}, "2026-12-24 14:00", StartNow, "2026-12-24 14:00"},
		{"somewhat late", "2026-12-24 14:00", Hours{}, "2026-12-24 15:00", StartNow, "2026-12-24 14:00"},
		{"too late", "2026-12-24 14:00", Hours{}, "2026-12-24 15:01", StartAsk, "2026-12-24 14:00"},
		{"late counts from the opening", "2026-12-26 14:00", office, "2026-12-28 08:30", StartNow, "2026-12-28 08:00"},
		{"too late after the opening", "2026-12-26 14:00", office, "2026-12-28 09:30", StartAsk, "2026-12-28 08:00"},
		{"closed within the hour", "2026-12-24 17:30", office, "2026-12-24 18:10", StartWait, "2026-12-25 08:00"},
	} {
		begin := time.Time{}
		if test.at != "" {
			begin = at(t, z, test.at)
		}
		got, from := Begin(begin, test.hours, at(t, z, test.now))
		if got != test.want || !from.Equal(at(t, z, test.from)) {
			t.Errorf("%s: %d from %s", test.name, got, from)
		}
	}
}
