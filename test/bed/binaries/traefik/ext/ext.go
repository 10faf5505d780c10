// Package ext is the empty extension of Traefik's configuration: the original's lies in Traefik's repository, but not in its module.
package ext

type HTTP struct{}

type Router struct{}
