# Lets nginx find what fujin starts, and makes the environment, which fujin would fetch a Python for.
install=/opt/fujin/$APP/.install
# A run that was ended leaves its lock.
rm -f "$install/.deploy_lock"
[ -e "$install/.venv/made" ] && exit
install -d -o deploy -g "$NAME" -m 0775 "/opt/fujin/$APP" "$install"
# fujin knows uv only where its own installer puts it.
runuser -u deploy -- sh -c 'mkdir -p /home/deploy/.local/bin && ln -sf /usr/local/bin/uv /home/deploy/.local/bin/uv'
# It runs uv as root, without the settings that Slipway gives it.
mkdir -p /root/.config/uv
echo "system-certs = true" >/root/.config/uv/uv.toml
export UV_CACHE_DIR=/var/cache/slipway/uv UV_SYSTEM_CERTS=1 UV_PROJECT_ENVIRONMENT="$install/.venv"
cd "$HOME_OF/current"
runuser -u deploy -- uv sync --quiet --frozen --no-dev --no-install-project --compile-bytecode \
    --python /usr/bin/python3
runuser -u deploy -- uv pip install --quiet --compile-bytecode --python "$install/.venv" "$SERVER"
systemctl disable --now "$NAME" "$NAME@blue" "$NAME@green"
ln -sfn "/run/$APP/gunicorn.sock" "$HOME_OF/current.sock"
touch "$install/.venv/made"
