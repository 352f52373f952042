#!/bin/sh
# Makes Temporal's two databases where they are missing, and brings their tables to this version's. Run again it
# changes nothing.
set -eu
SQL_PASSWORD=$(cat /run/secrets/postgres_password)
export SQL_PASSWORD

tool() {
  temporal-sql-tool --plugin postgres12 --endpoint postgresql --port 5432 --user temporal "$@"
}

for pair in temporal:temporal temporal_visibility:visibility; do
  database=${pair%%:*}
  tool --database "$database" create-database
  tool --database "$database" setup-schema --version 0.0
  tool --database "$database" update-schema --schema-dir "/etc/temporal/schema/postgresql/v12/${pair##*:}/versioned"
done
