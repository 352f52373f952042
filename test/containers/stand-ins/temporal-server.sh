#!/bin/sh
# What the entrypoint of temporalio/server does: a server that listens everywhere is told to others by its address.
set -eu
own=$(hostname -i | cut -d ' ' -f 1)
: "${BIND_ON_IP:=$own}"
export BIND_ON_IP TEMPORAL_BROADCAST_ADDRESS="${TEMPORAL_BROADCAST_ADDRESS:-$own}"
exec temporal-server --root /etc/temporal --env docker start
