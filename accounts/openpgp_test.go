package accounts

import (
	"reflect"
	"strings"
	"testing"
)

const someFingerprint = "B8D1C341141DD741D8076D8F3CF54AA8E90099DF"

func TestOpenPGP_IsReadAndWrittenBack(t *testing.T) {
	for _, test := range []struct {
		lines string
		want  OpenPGP
		entry string
	}{
		{"", OpenPGP{Encrypt: EncryptNever}, ""},
		{"sign = true\nencrypt = 'when-possible'\n", OpenPGP{Sign: true, Encrypt: EncryptWhenPossible}, "sign = true\nencrypt = \"when-possible\"\n"},
		{"key = 'ada@keys.example'\nencrypt_to_self = true\n", OpenPGP{Key: "ada@keys.example", Encrypt: EncryptNever}, "key = \"ada@keys.example\"\n"},
		{"key = '0xb8d1 c341141dd741d8076d8f 3cf54aa8e90099df'\nencrypt = 'always'\nencrypt_to_self = false\n",
			OpenPGP{Key: someFingerprint, Encrypt: EncryptAlways, OthersAlone: true},
			"key = \"" + someFingerprint + "\"\nencrypt = \"always\"\nencrypt_to_self = false\n"},
	} {
		book, err := parse("f", []byte(valid+"[account.openpgp]\n"+test.lines))
		if err != nil {
			t.Errorf("%q: %v", test.lines, err)
			continue
		}
		a := book.DefaultAccount()
		if !reflect.DeepEqual(a.OpenPGP, test.want) {
			t.Errorf("%q is read as %+v", test.lines, a.OpenPGP)
		}
		_, entry, _ := strings.Cut(Entry(a), "[account.openpgp]\n")
		if entry != test.entry {
			t.Errorf("%q is written as %q", test.lines, entry)
		}
	}
}

func TestOpenPGP_Mistakes(t *testing.T) {
	for lines, want := range map[string]string{
		"key = ''":                         "account.openpgp.key: is empty",
		"key = '0xE90099DF'":               "neither a whole fingerprint nor an address",
		"key = 'Ada <ada@x.example>'":      "more than an address",
		"key = \"a@b\\nx\"":                "control characters",
		"encrypt = 'sometimes'":            `"sometimes"`,
		"encrypt = ''":                     "is empty",
		"sign = 'yes'":                     "sign",
		"encrypt_for_self = true":          "account.openpgp.encrypt_for_self: unknown key",
		"encrypt = 'when_possible'":        `"when_possible" is not a choice`,
		"key = '" + someFingerprint + "0'": "neither a whole fingerprint nor an address",
	} {
		_, err := parse("f", []byte(valid+"[account.openpgp]\n"+lines+"\n"))
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want %q in it", lines, err, want)
		}
	}
}
