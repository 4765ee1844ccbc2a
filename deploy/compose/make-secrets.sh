#!/bin/sh
# Makes what compose.yaml needs and nobody else may know, in ./secrets: a self-signed certificate for this machine, passwords and tokens.
set -eu
cd "$(dirname "$0")"
umask 077
mkdir -p secrets
cd secrets
[ -f page_key ] || openssl req -x509 -newkey rsa:2048 -nodes -days 365 -subj /CN=caliper -addext 'subjectAltName=DNS:caliper,DNS:localhost,IP:127.0.0.1' -keyout page_key -out page_certificate 2>/dev/null
[ -f postgres_password ] || openssl rand -hex 24 > postgres_password
[ -f database_url ] || printf 'postgres://caliper:%s@postgres:5432/caliper\n' "$(cat postgres_password)" > database_url
[ -f metrics_token ] || openssl rand -hex 32 > metrics_token
if [ ! -f ada_password ]; then
  openssl rand -base64 18 > ada.typed
  # a file that is only half there would be taken for made the next time
  (cd ../../.. && npm run --silent caliper -- password) < ada.typed > ada_password.new
  mv ada_password.new ada_password
fi
# the container's user reads them
chmod 0444 page_key page_certificate postgres_password database_url metrics_token ada_password
