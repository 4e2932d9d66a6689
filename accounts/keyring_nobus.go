//go:build !unix || darwin

package accounts

// busReachable: the keyrings of these systems are not asked over a bus.
func busReachable() bool { return true }
