module serin.dev/test/bed/flagger

go 1.25.0

require github.com/fluxcd/flagger v1.44.0
