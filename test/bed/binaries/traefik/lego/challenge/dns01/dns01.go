// Package dns01 resolves nothing.
package dns01

import (
	"strings"
	"time"
)

type Options struct {
	RecursiveNameservers []string
}

type Client struct{}

type ChallengeOption func()

func NewClient(*Options) *Client { return nil }

func SetDefaultClient(*Client) {}

func CondOptions(bool, ...ChallengeOption) ChallengeOption { return nil }

func DisableAuthoritativeNssPropagationRequirement() ChallengeOption { return nil }

func DisableRecursiveNSsPropagationRequirement() ChallengeOption { return nil }

func PropagationWait(time.Duration, bool) ChallengeOption { return nil }

// UnFqdn is used for names of certificates of any origin.
func UnFqdn(name string) string { return strings.TrimSuffix(name, ".") }
