# One image for every service of compose.yaml: desk, worker, migration and Prefect server.
FROM python:3.13-slim AS build

ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
RUN python -m venv /opt/launch-review
ENV PATH=/opt/launch-review/bin:$PATH
WORKDIR /src

# The pinned set is complete, and pip's hash mode can't resolve extras: no dependency resolution anywhere.
COPY constraints.txt .
RUN pip install --require-hashes --no-deps -r constraints.txt

COPY . .
RUN pip install --no-deps --no-build-isolation .

# The pinned set holds the development tools too; they go, and `pip check` says if one was needed after all.
# Time zones stay: calendars must not depend on what the base image brings.
RUN python -c 'import re, tomllib; names = [re.split(r"[^\w-]", line)[0] for line in tomllib.load(open("pyproject.toml", "rb"))["dependency-groups"]["dev"]]; print(*(name for name in names if name != "tzdata"))' \
    | xargs pip uninstall --yes \
 && pip check \
 && pip uninstall --yes pip


FROM python:3.13-slim

RUN useradd --uid 10001 --create-home --shell /usr/sbin/nologin launch-review \
 && install --directory --owner=launch-review --mode=0700 /data
COPY --from=build /opt/launch-review /opt/launch-review

ENV PATH=/opt/launch-review/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    LAUNCH_REVIEW_DATA=/data
USER launch-review
WORKDIR /data
VOLUME /data
EXPOSE 8300

# Tini is not needed: SIGTERM is handled, and the process waits for its own children.
ENTRYPOINT ["launch-review"]
CMD ["up", "--host", "0.0.0.0", "--port", "8300", "--expose"]
