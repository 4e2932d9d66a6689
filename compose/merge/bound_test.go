package merge

import (
	"context"
	"errors"
	"runtime"
	"strings"
	"testing"
	"time"
)

func TestLetter_EndsWhateverATemplateDoes(t *testing.T) {
	double := strings.Repeat("{% assign s = s | append: s %}", 40)
	for text, want := range map[string]string{
		"{% for i in (1..999999999) %}{% endfor %}":                                                                                            "its loops take ",
		"{%- for i in (1..999999999) -%} {%- endfor -%}x":                                                                                      "its loops take ",
		"{% for i in (1..999) %}{% for j in (1..999) %}{% for k in (1..999) %}{% endfor %}{% endfor %}{% endfor %}":                            "its loops take ",
		"{% for i in (1..999999999) reversed %}{% continue %}{% endfor %}":                                                                     "its loops take ",
		`{% assign s = "x" %}{% for i in (1..9) %}` + double + "{% endfor %}":                                                                  "a value is longer than 4 MiB",
		`{% assign s = "x" %}{% for i in (1..99) %}{% assign s = s | replace: "x", "xxxx" %}{% endfor %}`:                                      "a value is longer than 4 MiB",
		`{% assign s = "x" %}{% for i in (1..99) %}{% assign s = s | replace: "", s %}{% endfor %}`:                                            "a value is longer than 4 MiB",
		`{% assign s = "x" %}{% for i in (1..99) %}{% assign s = s | prepend: s | replace_first: "x", s | replace_last: "x", s %}{% endfor %}`: "a value is longer than 4 MiB",
		`{% assign s = "a,b" | split: "," %}{% for i in (1..99) %}{% assign s = s | concat: s %}{% endfor %}`:                                  "the list has more than 100000 parts",
		`{% assign s = "a,b" %}{% for i in (1..99) %}{% assign s = s | split: "" | join: s %}{% endfor %}`:                                     "a value is longer than 4 MiB",
		`{% assign s = "0123456789" %}` + strings.Repeat("{% assign s = s | append: s %}", 17) + "{% for i in (1..99) %}{{ s }}{% endfor %}":   "the text is longer than 16 MiB",
	} {
		_, problems := first(t, "---\nsubject: x\nstyle: plain\n---\n"+text, people)
		if len(problems) != 1 || !strings.Contains(problems[0].Error(), want) {
			t.Errorf("%s\n got %v\nwant %s", text, problems, want)
		}
	}
	var memory runtime.MemStats
	if runtime.ReadMemStats(&memory); memory.Sys > 1<<30 {
		t.Errorf("%d MiB were taken", memory.Sys>>20)
	}
}

func TestParseTemplate_LetsARangeStandInALoopAlone(t *testing.T) {
	for _, text := range []string{
		`{{ (1..999999999) | join: "" }}`, "{% assign a = (1..999999999) | reverse %}", "{% for i in (1..9) | reverse %}{% endfor %}", "{% if (1..9) == 1 %}{% endif %}",
	} {
		_, err := ParseTemplate("letter.md", "---\nsubject: x\n---\n"+text)
		if err == nil || !strings.Contains(err.Error(), "letter.md:4: a range can stand only in a loop") {
			t.Errorf("%s: %v", text, err)
		}
	}
}

func TestCheck_BreaksOffALetterThatTakesLong(t *testing.T) {
	c, l := bind(t, "---\nsubject: x\nstyle: plain\n---\n{% for i in (1..90000) %}{% assign s = note | upcase | downcase | upcase | downcase %}{% endfor %}",
		"email,note\na@example.org,"+strings.Repeat("long", 100_000)+"\n")
	ctx, cancel := context.WithCancel(t.Context())
	time.AfterFunc(50*time.Millisecond, cancel)
	if _, err := Check(ctx, c, l, CheckOptions{Sender: from}); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v", err)
	}
	long := newRendering(t.Context())
	long.until = time.Now().Add(time.Hour)
	for range maxSteps {
		if err := long.step(); err != nil {
			t.Fatal(err)
		}
	}
	if err := long.step(); err == nil || err.Error() != "its loops take more than 100000 steps" {
		t.Errorf("long: %v", err)
	}
	late := newRendering(t.Context())
	late.until = time.Now().Add(-time.Second)
	if err := late.step(); err == nil || err.Error() != "its loops take longer than 30s" {
		t.Errorf("late: %v", err)
	}
}
