//go:build unix && !darwin

package accounts

import (
	"os"
	"os/user"
	"path/filepath"
)

// busReachable tells that there is a session bus to ask for a keyring. The D-Bus
// library looks in the same places, and where there is none starts one with
// dbus-launch: one on which no keyring is, and which stays behind.
func busReachable() bool {
	if address := os.Getenv("DBUS_SESSION_BUS_ADDRESS"); address != "" && address != "autolaunch:" {
		return true
	}
	self, err := user.Current()
	if err != nil {
		return false
	}
	// Not XDG_RUNTIME_DIR: the library does not look there, and cron has none.
	_, err = os.Stat(filepath.Join("/run/user", self.Uid, "bus"))
	return err == nil
}
