# The environment and the workflow, for machines with Docker:
#   docker build --tag landshift .
#   docker run --rm --volume "$PWD/results:/landshift/results" landshift make demo
FROM python:3.12-slim

# libgomp1: threads of LightGBM
RUN apt-get update \
    && apt-get install --yes --no-install-recommends libgomp1 make \
    && rm -rf /var/lib/apt/lists/*

WORKDIR /landshift
COPY pyproject.toml requirements.lock README.md CHANGELOG.md LICENSE Makefile ./
COPY src src
RUN make install
COPY . .
CMD ["make", "demo"]
