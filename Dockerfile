# One image for every process of Fleet; docker-compose.yml gives each its command.
FROM python:3.13-slim

ENV PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 PIP_NO_CACHE_DIR=1
# The group that may open the tunnels' sockets; the postgres service joins it by number.
RUN groupadd --system --gid 10002 fleet-sockets \
    && useradd --system --uid 10001 --create-home --groups fleet-sockets fleet \
    && install -d -o fleet -g fleet-sockets -m 2750 /run/fleet/regions \
    && install -d -o fleet -g fleet /var/lib/fleet-demo \
    && install -d -o fleet -g fleet -m 0700 /var/lib/fleet/exports /var/lib/fleet/exports/work

WORKDIR /srv/fleet
COPY . .
# [demo] for the image of the demo.
ARG EXTRAS=""
RUN pip install -c requirements.lock -e ".${EXTRAS}" \
    && FLEET_SECRET_KEY=only-to-collect-static-files-in-the-build \
       FLEET_DATABASE_URL=postgresql://nobody@127.0.0.1:1/none \
       python manage.py collectstatic --no-input

USER fleet
EXPOSE 8000
