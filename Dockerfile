# One image for web, worker and media; docs/deploy.md says how to run each.
FROM python:3.11-slim-bookworm AS packages
COPY requirements.txt /tmp/requirements.txt
RUN python -m venv /srv/venv \
    && /srv/venv/bin/pip install --no-cache-dir -r /tmp/requirements.txt

FROM python:3.11-slim-bookworm
ENV PATH=/srv/venv/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 PORT=8000
RUN useradd --system --uid 10001 --home-dir /srv/app --shell /usr/sbin/nologin app
COPY --from=packages /srv/venv /srv/venv
WORKDIR /srv/app
COPY . .
RUN python manage.py collectstatic --noinput -v 0 \
    && mkdir -p var \
    && chown -R app: var
USER 10001
EXPOSE 8000
STOPSIGNAL SIGTERM
CMD ["gunicorn", "dualarchive.wsgi", "--bind", "0.0.0.0:8000"]
