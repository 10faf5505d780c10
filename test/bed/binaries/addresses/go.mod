module serin.dev/test/bed/addresses

go 1.25.0
