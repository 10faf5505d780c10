// Package tlsalpn01 holds the protocol by which ACME servers ask.
package tlsalpn01

import (
	"time"

	"github.com/go-acme/lego/v5/acme"
)

const ACMETLS1Protocol = "acme-tls/1"

type ChallengeOption func()

func SetDelay(time.Duration) ChallengeOption { return nil }

func ChallengeBlocks(string, string) (certificate, key []byte, err error) {
	return nil, nil, acme.ErrAbsent
}
