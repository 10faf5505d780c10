module serin.dev/test/bed/argo-rollouts

go 1.25.0

require github.com/argoproj/argo-rollouts v1.10.0
