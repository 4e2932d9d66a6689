package accounts

import (
	"encoding/hex"
	"strings"
	"testing"
)

func TestParsePin(t *testing.T) {
	const plain = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"
	colons := "00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF:00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF"
	for _, text := range []string{plain, strings.ToUpper(plain), colons} {
		if got, err := ParsePin(text); err != nil || hex.EncodeToString(got[:]) != plain {
			t.Errorf("%s: %x, %v", text, got, err)
		}
	}
	for _, text := range []string{"", plain[1:], plain + "00", plain[2:], "sha256:" + plain, strings.Replace(plain, "0", "g", 1), colons + ":00", plain + " "} {
		if got, err := ParsePin(text); err == nil {
			t.Errorf("%q is taken as %x", text, got)
		}
	}
}
