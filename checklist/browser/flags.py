"""How Chromium is started: nothing reaches the network but through our proxy, and nothing of it lasts.

Playwright's own flags already switch off extensions, updates, sync, background networking and crash reports.
"""

from typing import Final

FLAGS: Final = (
    # A second lock behind the proxy: no name leads anywhere inside the browser itself.
    "--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1",
    # What would go around a proxy of TCP connections: WebRTC, QUIC and WebTransport speak UDP.
    "--force-webrtc-ip-handling-policy=disable_non_proxied_udp",
    "--webrtc-ip-handling-policy=disable_non_proxied_udp",
    "--disable-quic",
    "--dns-prefetch-disable",
    "--no-pings",
    # A page is looked at, not lived in.
    "--block-new-web-contents",
    "--deny-permission-prompts",
    "--disable-notifications",
    "--disable-speech-api",
    "--disable-webgl",
    "--disable-gpu",
    "--disable-print-preview",
    "--disable-domain-reliability",
    "--disable-client-side-phishing-detection",
    "--disable-logging",
    "--mute-audio",
    "--disable-dev-shm-usage",
    "--js-flags=--max-old-space-size=512",
)

NOT_WANTED: Final = (
    "--disable-popup-blocking",
    "--disable-ipc-flooding-protection",
    "--enable-remote-extensions",
    "--enable-unsafe-swiftshader",
)
"""Playwright's flags for tests of one's own pages, which open what strangers' pages must not have."""
