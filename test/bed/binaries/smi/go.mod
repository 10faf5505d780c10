module serin.dev/test/bed/smi

go 1.25.0

require github.com/servicemeshinterface/smi-sdk-go v0.4.1
