# What every service's image stands on: Python, the pinned libraries of `shared`, an ordinary user, a sign of life.
# Built from the repository's root by deploy/compose/build.
ARG PYTHON_IMAGE=python:3.11-slim
FROM ${PYTHON_IMAGE}
RUN useradd --uid 10001 --user-group --no-create-home --home-dir /nonexistent --shell /usr/sbin/nologin radquarry \
    && install -d -o radquarry -g radquarry -m 0750 /var/lib/radquarry /var/lib/radquarry/exchange \
    && python -m venv /opt/radquarry
ENV PATH=/opt/radquarry/bin:$PATH PYTHONUNBUFFERED=1 PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
COPY constraints.txt /opt/radquarry/constraints.txt
ENV PIP_CONSTRAINT=/opt/radquarry/constraints.txt
# the libraries first, so that a change of code does not fetch them again
COPY shared/pyproject.toml /tmp/libraries/
RUN mkdir -p /tmp/libraries/src/radquarry && pip install hatchling \
    && pip install --no-build-isolation "/tmp/libraries[rabbit,opensearch,postgres,dicom]" \
    && pip uninstall --yes radquarry-shared && rm -r /tmp/libraries
COPY shared /tmp/shared
RUN pip install --no-build-isolation --no-deps /tmp/shared && rm -r /tmp/shared
USER 10001
WORKDIR /var/lib/radquarry
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s --retries=3 CMD ["python", "-m", "radquarry.heartbeat"]
