// Package http01 holds where ACME servers ask.
package http01

import "time"

const PathPrefix = "/.well-known/acme-challenge/"

type ChallengeOption func()

func SetDelay(time.Duration) ChallengeOption { return nil }
