"""gunicorn as the Procfile starts it; words on its command line go before what stands here."""

import os
from pathlib import Path

from dualarchive import logs

# PORT is read by gunicorn itself. Heroku gives both; elsewhere two processes on a small machine.
workers = int(os.environ.get("WEB_CONCURRENCY") or 2)
worker_class = "gthread"
threads = int(os.environ.get("WEB_THREADS") or 8)
# Heroku's router gives up after 30 s. A process that does not come back to its loop for 25 s is ended, and
# after SIGTERM the requests under way have 25 s.
timeout = 25
graceful_timeout = 25
# Longer than the idle time of most proxies, so that they close first.
keepalive = 75
# What grows slowly is given back now and then, not by all processes at once.
max_requests = 5000
max_requests_jitter = 500
# A heartbeat on a slow disk would look like a process that hangs.
worker_tmp_dir = "/dev/shm" if Path("/dev/shm").is_dir() else None  # noqa: S108
control_socket_disable = True
# archives.web.request_log writes the line for each answer. Gunicorn's own, if turned on, holds no query
# string, which may hold an invitation, and no referrer.
accesslog = None
access_log_format = '%(h)s "%(m)s %(U)s" %(s)s %(b)s %(M)s ms %({x-request-id}o)s'
logconfig_dict = logs.config(
    level=os.environ.get("LOG_LEVEL", "INFO"), form=os.environ.get("LOG_FORMAT", "text")
)
