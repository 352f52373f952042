#!/bin/sh
# Makes the files of secrets that docker-compose.yml mounts, each where it is not there yet. The folder is its owner's
# alone; the files themselves can be read by the users that the containers run as.
set -eu
folder=$(cd "$(dirname "$0")" && pwd)/secrets
mkdir -p "$folder"
chmod 700 "$folder"

random() {
  od -An -N 24 -tx1 /dev/urandom | tr -d ' \n'
}

# NAME, and its content on standard input
make() {
  if [ -e "$folder/$1" ]; then
    cat > /dev/null
    echo "$folder/$1 is there"
  else
    cat > "$folder/$1"
    chmod 644 "$folder/$1"
    echo "$folder/$1 made"
  fi
}

random | make postgres_password
random | make grafana_password
printf 'AWS_ACCESS_KEY_ID=alpaca\nAWS_SECRET_ACCESS_KEY=%s\n' "$(random)" | make store
printf 'ALPACA_WEB_TOKEN=%s\n' "$(random)" | make web
# Keys of teachers, as OPENAI_API_KEY=..., and what signs webhooks, as ALPACA_WEBHOOK_SECRET_DEFAULT=...
printf '' | make teachers
