"""A small OpenID Connect provider on loopback: it asks nobody, and says that everybody is Vera."""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa

from fleet.demo.servers import LOOPBACK

CLIENT_ID, CLIENT_SECRET = "fleet", secrets.token_hex(8)
CLAIMS = {"sub": "4711", "preferred_username": "vera", "name": "Vera V.", "email": "v@example.org"}


class OidcProvider:
    """`key` signs; `published` is the key that the provider says it signs with."""

    def __init__(self) -> None:
        self.key = self.published = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        self.audience = CLIENT_ID
        self.challenges: dict[str, str] = {}
        handler = type("Handler", (_Handler,), {"provider": self})
        self._server = ThreadingHTTPServer((LOOPBACK, 0), handler)
        self.issuer = f"http://{LOOPBACK}:{self._server.server_port}"
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(timeout=5)

    def discovery(self) -> dict[str, Any]:
        return {
            "issuer": self.issuer,
            "authorization_endpoint": f"{self.issuer}/authorize",
            "token_endpoint": f"{self.issuer}/token",
            "userinfo_endpoint": f"{self.issuer}/userinfo",
            "jwks_uri": f"{self.issuer}/jwks",
            "token_endpoint_auth_methods_supported": ["client_secret_post"],
        }

    def jwks(self) -> dict[str, Any]:
        public = jwt.algorithms.RSAAlgorithm.to_jwk(self.published.public_key(), as_dict=True)
        return {"keys": [{**public, "kid": "one", "alg": "RS256", "use": "sig"}]}

    def authorize(self, query: dict[str, str]) -> str:
        """Return where the browser is sent back to."""
        code = secrets.token_hex(8)
        self.challenges[code] = query["code_challenge"]
        return f"{query['redirect_uri']}?{urlencode({'code': code, 'state': query['state']})}"

    def token(self, form: dict[str, str]) -> dict[str, Any]:
        """Return the tokens for a code, once, to who knows the secret and the verifier."""
        digest = hashlib.sha256(form["code_verifier"].encode()).digest()
        challenge = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
        if form["client_secret"] != CLIENT_SECRET:
            return {"error": "invalid_client"}
        if self.challenges.pop(form["code"], None) != challenge:
            return {"error": "invalid_grant"}
        now = int(time.time())
        times = {"iat": now, "exp": now + 60, "iss": self.issuer, "aud": self.audience}
        identity = jwt.encode({**CLAIMS, **times}, self.key, "RS256", headers={"kid": "one"})
        return {"access_token": "opaque", "token_type": "Bearer", "id_token": identity}


class _Handler(BaseHTTPRequestHandler):
    provider: OidcProvider

    def do_GET(self) -> None:
        url = urlsplit(self.path)
        query = {name: values[0] for name, values in parse_qs(url.query).items()}
        if url.path == "/authorize":
            self.send_response(302)
            self.send_header("Location", self.provider.authorize(query))
            self.end_headers()
        elif url.path == "/jwks":
            self._answer(self.provider.jwks())
        elif url.path == "/userinfo":
            self._answer(CLAIMS)
        else:
            self._answer(self.provider.discovery())

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        form = {name: values[0] for name, values in parse_qs(body).items()}
        self._answer(self.provider.token(form))

    def _answer(self, shape: dict[str, Any]) -> None:
        body = json.dumps(shape).encode()
        self.send_response(400 if "error" in shape else 200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args: Any) -> None:
        """Say nothing."""
