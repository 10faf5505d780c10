// Package acme stands in for lego's when Traefik is built for the test bed, which never asks for a certificate: the packages beside it
// hold the names that Traefik needs to compile, and nothing that works.
package acme

import "errors"

// ErrAbsent is the answer to everything.
var ErrAbsent = errors.New("there is no ACME in this build: it is the test bed's")

type Account struct{}

type ExtendedAccount struct {
	Account
	Location string
}
