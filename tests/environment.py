"""Sets the suite's environment before Django reads its settings: loopback only, no installation of this machine touched."""

import os
import tempfile

os.environ["FIREBREAK_TESTING"] = "1"
os.environ.setdefault("FIREBREAK_SECRET_KEY", "only-for-tests-" + "x" * 40)
os.environ.setdefault("FIREBREAK_DATA", tempfile.mkdtemp(prefix="firebreak-tests-"))
# WhiteNoise warns about a missing folder, and warnings are errors here.
os.makedirs(os.path.join(os.environ["FIREBREAK_DATA"], "staticfiles"), exist_ok=True)
os.environ.setdefault("FIREBREAK_PRACTICE", "0")
# Nobody listens on port 1: a test that needs Redis starts its own and says so.
os.environ["REDIS_URL"] = os.environ.get("TEST_REDIS_URL", "redis://127.0.0.1:1/0")
os.environ["DATABASE_URL"] = os.environ.get("TEST_DATABASE_URL", "")
for name in ("FIREBREAK_PRODUCTION", "FIREBREAK_SMTP_HOST", "FIREBREAK_TIME_OFFSET"):
    os.environ.pop(name, None)
