// Package pace says when the letters of a campaign go: within which hours, through
// which account, in which order, when the last one will have gone, why none goes
// now, and when it is better to stop.
//
// It knows neither the outbox nor accounts, lists or the network: it is told what
// there is and answers. Whoever asks holds the clock.
//
// Its one hard rule: it is pure. The same question has the same answer, so that a
// campaign goes on after a crash as it would have gone on without.
package pace
