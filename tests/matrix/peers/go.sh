# PORT STRICT: builds and runs endpoint.go, as `go run` would leave its child behind.
set -euo pipefail
export GOCACHE="${GOCACHE:-$PWD/go-cache}" GOFLAGS=-mod=mod GOTOOLCHAIN=local
go build -o go-endpoint "${BASH_SOURCE%/*}/endpoint.go"
exec ./go-endpoint "$@"
