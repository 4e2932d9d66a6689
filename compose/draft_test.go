package compose

import (
	"encoding/json"
	"testing"
)

func TestDraft_IsEmptyUntilSomethingIsWritten(t *testing.T) {
	tests := []struct {
		name string
		d    Draft
		want bool
	}{
		{"nothing", Draft{}, true},
		{"sender", Draft{Account: "work", From: "ada@example.org"}, true},
		{"white space", Draft{To: " ", Body: "\n \t\n"}, true},
		{"signature", Draft{Body: "\n\n-- \nAda\nexample.org\n"}, true},
		{"signature at once", Draft{Body: "-- \r\nAda\r\nexample.org"}, true},
		{"text above the signature", Draft{Body: "Hi\n-- \nAda\nexample.org"}, false},
		{"text below the signature", Draft{Body: "\n\n-- \nAda\nexample.org\nHi"}, false},
		{"another signature", Draft{Body: "\n\n-- \nAda EDITED\nexample.org"}, false},
		{"a part of the signature", Draft{Body: "\n\n-- \nAda"}, false},
		{"line of dashes", Draft{Body: "--\nAda\nexample.org"}, false},
		{"recipient", Draft{Bcc: "a"}, false},
		{"subject", Draft{Subject: "x"}, false},
		{"reply-to", Draft{ReplyTo: "x"}, false},
		{"attachment", Draft{Attachments: []Attachment{{Path: "x"}}}, false},
		{"image", Draft{Inline: []Image{{Source: "x"}}}, false},
		{"header", Draft{Headers: []Header{{"X", "y"}}}, false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if got := test.d.Empty("Ada\nexample.org"); got != test.want {
				t.Errorf("Empty() = %v", got)
			}
		})
	}
	if (Draft{Body: "-- \nHi"}).Empty("") {
		t.Error("what is typed below dashes is no signature of an account that has none")
	}
}

// Drafts are stored: a name that changes loses what people wrote.
func TestDraft_KeepsItsNamesInJSON(t *testing.T) {
	d := Draft{
		Account: "a", From: "f", To: "t", Cc: "c", Bcc: "b", ReplyTo: "r", Subject: "s",
		Headers: []Header{{"n", "v"}}, Body: "x", Attachments: []Attachment{{"p", "n", "t", 1, 2}},
		Style: StyleMarkdown, Inline: []Image{{Attachment{"p", "n", "t", 1, 2}, "u"}}, Flowed: true, Zone: 60, Undisclosed: true,
		Cursor: Place{Field: "body", At: 1},
	}
	want := `{"account":"a","from":"f","to":"t","cc":"c","bcc":"b","reply_to":"r","subject":"s",` +
		`"headers":[{"name":"n","value":"v"}],"body":"x","attachments":[{"path":"p","name":"n","type":"t","size":1,"modified":2}],` +
		`"style":"markdown","inline":[{"path":"p","name":"n","type":"t","size":1,"modified":2,"source":"u"}],"flowed":true,"zone":60,"undisclosed":true,"cursor":{"field":"body","at":1}}`
	got, err := json.Marshal(d)
	if err != nil || string(got) != want {
		t.Errorf("draft is stored as %s, %v\nwant %s", got, err, want)
	}
}
