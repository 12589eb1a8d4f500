"""A browser for tests that look at pages; they are skipped by name where there is none."""

import shutil
from contextlib import contextmanager

import pytest

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or ""
FLAGS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--disable-dev-shm-usage",
]  # fmt: skip

needs_chromium = pytest.mark.skipif(not CHROMIUM, reason="no Chromium on this machine")


@contextmanager
def browser():
    """Yield Chromium, driven by Playwright; skip the test where Playwright isn't installed."""
    playwright = pytest.importorskip("playwright.sync_api", reason="no Playwright: requirements-browser.lock")
    with playwright.sync_playwright() as driver:
        opened = driver.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        try:
            yield opened
        finally:
            opened.close()
