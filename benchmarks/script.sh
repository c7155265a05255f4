# The rival: what a person types to release the same application by hand, the two slots included.
# ssh host 'sh -e -s' < script.sh, with HOME_OF, NAME, SITE and BUNDLE put before it by the runner.
# It keeps no history, takes no lease, proves nothing but the health view and cannot go back.
now() { date +%s%N; }
split() {
    echo "split $1 $((($(now) - last) / 1000000))"
    last=$(now)
}
last=$(now)
cd "$HOME_OF"

git -C repo.git fetch --quiet --force "$BUNDLE" '+refs/heads/*:refs/heads/*'
commit=$(git -C repo.git rev-parse --short main)
split fetch

id=$(date -u +%Y%m%dT%H%M%SZ)-$commit
release=$HOME_OF/releases/$id
mkdir "$release" "$release/.slipway"
git -C repo.git archive main | tar -x -C "$release"
venv=$HOME_OF/venvs/script-$(cat "$release/pyproject.toml" "$release/uv.lock" | sha256sum | cut -c1-16)
if ! [ -e "$venv/.complete" ]; then
    export UV_CACHE_DIR=/var/cache/slipway/uv UV_SYSTEM_CERTS=1 UV_PROJECT_ENVIRONMENT="$venv"
    (cd "$release" && uv sync --quiet --frozen --no-dev --no-install-project --compile-bytecode \
        --python /usr/bin/python3)
    uv pip install --quiet --compile-bytecode --python "$venv" "$SERVER"
    touch "$venv/.complete"
fi
ln -s "$venv" "$release/.venv"
sudo sed "s/^SLIPWAY_RELEASE=.*/SLIPWAY_RELEASE=\"$id\"/" current/.slipway/environment |
    (umask 027 && cat >"$release/.slipway/environment")
split sync

manage() {
    sudo -u "$NAME" -g "${NAME}_web" sh -ec \
        "cd $release; set -a; . .slipway/environment; umask 027; exec .venv/bin/python manage.py $*"
}
manage migrate --no-input --verbosity 0
split migrate
manage collectstatic --no-input --verbosity 0
split collectstatic

case $(readlink current.sock) in
    *-blue/*) old=blue new=green ;;
    *) old=green new=blue ;;
esac
sudo ln -sfn "../releases/$id" "slots/$new"
sudo systemctl start "$NAME@$new"
split start

socket=/run/$NAME-$new/gunicorn.sock
sudo curl --silent --fail --output /dev/null --retry 100 --retry-delay 0 --retry-all-errors \
    --max-time 30 --unix-socket "$socket" --header "Host: $SITE" http://localhost/health/
split health

sudo ln -sfn "releases/$id" current
sudo ln -s "$socket" current.sock.next
sudo mv -T current.sock.next current.sock
split switch

sudo systemctl stop "$NAME@$old"
split stop
