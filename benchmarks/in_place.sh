# Turns an instance that Slipway made into one that is deployed to in place: its slot blue runs app/.
cd "$HOME_OF"
[ -e app ] && exit
install -d -o deploy -g "$NAME" -m 2750 app
runuser -u deploy -- git clone --quiet --branch main "$BUNDLE" app
(
    cd app
    export UV_CACHE_DIR=/var/cache/slipway/uv UV_SYSTEM_CERTS=1
    runuser -u deploy -- uv sync --quiet --frozen --no-dev --no-install-project --compile-bytecode \
        --python /usr/bin/python3
    runuser -u deploy -- uv pip install --quiet --compile-bytecode --python .venv "$SERVER"
)
install -d -o deploy -g "$NAME" -m 2750 app/.slipway
install -o deploy -g "$NAME" -m 0640 current/.slipway/environment app/.slipway/environment
systemctl stop "$NAME@blue" "$NAME@green"
ln -sfn ../app slots/blue
ln -sfn "/run/$NAME-blue/gunicorn.sock" current.sock
systemctl start "$NAME@blue"
