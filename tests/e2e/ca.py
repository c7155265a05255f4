"""A CA of the test's own on a test host: Pebble, which answers as Let's Encrypt does."""

import json
import ssl
import textwrap

from .site import Site

DIRECTORY = "https://localhost:14000/dir"
PLACE = "/srv/ca"
# Let's Encrypt's certificates are for 90 days.
CONFIGURATION = {
    "listenAddress": "127.0.0.1:14000",
    "managementListenAddress": "127.0.0.1:15000",
    "certificate": "cert.pem",
    "privateKey": "key.pem",
    "httpPort": 80,
    "tlsPort": 443,
    "certificateValidityPeriod": 90 * 86400,
    "ocspResponderURL": "http://localhost:15001",
}
SIGN = """openssl req -x509 -nodes -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -days 3650
    -subj /CN=localhost -addext subjectAltName=DNS:localhost
    -addext basicConstraints=critical,CA:TRUE -keyout key.pem -out cert.pem 2>&1"""
RUN = f"systemd-run --quiet --collect --working-directory={PLACE} --unit=ca"
QUICKLY = "--setenv=PEBBLE_VA_NOSLEEP=1 --setenv=PEBBLE_WFE_NONCEREJECT=0"
ANSWERS = (
    "curl --silent --insecure --retry 20 --retry-delay 1 --retry-connrefused --output /dev/null"
)
# Where Pebble refuses nothing, one that refuses everything.
STINGY = textwrap.dedent("""
    import json, ssl
    from http.server import BaseHTTPRequestHandler, HTTPServer
    URL = "https://localhost:14000/"
    NAMES = ["newNonce", "newAccount", "newOrder", "revokeCert", "keyChange"]
    class Handler(BaseHTTPRequestHandler):
        def answer(self, status, found):
            body = json.dumps(found).encode()
            self.send_response(status)
            self.send_header("Replay-Nonce", "abc")
            self.send_header("Content-Type", "application/problem+json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body if self.command != "HEAD" else b"")
        def do_GET(self):
            self.answer(200, {name: URL + name for name in NAMES})
        do_HEAD = do_GET
        def do_POST(self):
            kind = "urn:ietf:params:acme:error:rateLimited"
            why = "too many certificates (5) already issued for this exact set of domains"
            self.answer(429, {"type": kind, "detail": why, "status": 429})
    server = HTTPServer(("127.0.0.1", 14000), Handler)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain("cert.pem", "key.pem")
    server.socket = context.wrap_socket(server.socket, server_side=True)
    server.serve_forever()
""")


def install(site: Site) -> str:
    """Install it, and what certificates are judged with; what vouches for the CA itself."""
    packages = "certbot pebble testssl.sh"
    install = "apt-get install --yes --quiet --no-install-recommends"
    site.sh(f"apt-get update --quiet && DEBIAN_FRONTEND=noninteractive {install} {packages}")
    written = json.dumps({"pebble": CONFIGURATION})
    site.sh(f"mkdir {PLACE} && cd {PLACE} && echo '{written}' >config.json")
    site.sh(f"cd {PLACE} && {' '.join(SIGN.split())} && cat >stingy.py <<'END'\n{STINGY}\nEND")
    return site.sh(f"cat {PLACE}/cert.pem")


def start(site: Site) -> None:
    """Let it answer, with new keys, so that it knows nobody from before."""
    site.sh(f"{RUN} {QUICKLY} pebble -config config.json && {ANSWERS} {DIRECTORY}")


def start_stingy(site: Site) -> None:
    """Let another answer in its place, which says that there were too many requests."""
    site.sh(f"{RUN} python3 stingy.py && {ANSWERS} {DIRECTORY}")


def stop(site: Site) -> None:
    """Let nothing answer."""
    site.sh("! systemctl is-active --quiet ca || systemctl stop ca")


def root(site: Site) -> str:
    """The certificate that vouches for those which it gives."""
    return site.sh("curl --silent --insecure https://localhost:15000/roots/0")


def trusting(certificates: str) -> ssl.SSLContext:
    """What visitors connect with who know the CA."""
    return ssl.create_default_context(cadata=certificates)
