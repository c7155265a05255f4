#!/bin/sh
# Puts a certificate where nginx reads it, and lets nginx take it; certbot calls it after each renewal.
# Its words: the instance, and the directory of fullchain.pem and privkey.pem if certbot does not say it. Without any it
# tries again what nginx did not take from certbot, which calls it once only.
set -eu
umask 077
if [ $# = 0 ]; then
    code=0
    for waiting in /etc/slipway/tls/*/waiting; do
        [ -f "$waiting" ] || continue
        from=$(cat "$waiting")
        if [ -d "$from" ]; then
            "$0" "$(basename "${waiting%/waiting}")" "$from" || code=1
        else # certbot was told to delete it
            rm "$waiting"
        fi
    done
    exit $code
fi
place=/etc/slipway/tls/$1
from=${2:-$RENEWED_LINEAGE}
mkdir -p "$place"
exec 9>"$place/.lock"
flock 9
[ "${2:-}" ] || echo "$from" >"$place/waiting"
before=$(readlink "$place/current" || true)
new=$(mktemp --directory "$place/$(date --utc +%Y%m%dT%H%M%SZ)-XXXX")
cp --dereference "$from/fullchain.pem" "$from/privkey.pem" "$new"

point() { # whoever looks sees the old or the new one
    ln --symbolic --force --no-dereference "$1" "$place/next"
    mv --no-target-directory "$place/next" "$place/current"
}

point "${new##*/}"
# No site refers to the first one yet.
if [ "$before" ]; then
    if ! nginx -t -q; then
        point "$before"
        rm -r "$new"
        exit 1
    fi
    systemctl try-reload-or-restart nginx
fi
for old in "$place"/*Z-*; do
    case ${old##*/} in
    "${new##*/}" | "$before") ;;
    *) rm -r "$old" ;;
    esac
done
rm -f "$place/waiting"
