module serin.dev/test/bed/istio

go 1.25.0

require istio.io/api v1.31.1
