#!/usr/bin/env bash
# make-ray-venv.sh DEST: a venv with Ray 2.60.0 and its dashboard (x86_64, Python 3.11). Every package is pinned. Idempotent.
# Needs: python3.11 (or PYTHON=...); uv is fetched if missing.
set -euo pipefail
DEST=${1:?usage: make-ray-venv.sh DEST}; PY=${PYTHON:-python3.11}
STAMP=$DEST/.made-by; SUM=$(sha256sum "$0" | cut -c1-16)
if [[ -f $STAMP && $(cat "$STAMP") == "$SUM" && -x $DEST/bin/ray ]]; then exit 0; fi
rm -f "$STAMP"
[[ -x $DEST/bin/python ]] || "$PY" -m venv "$DEST"
UV=$(command -v uv || true)
if [[ -z $UV ]]; then "$DEST/bin/pip" install -q uv==0.13.8; UV=$DEST/bin/uv; fi
LOCK=$DEST/requirements.lock
cat >"$LOCK" <<'LOCKED'
aiohappyeyeballs==2.7.1
aiohttp==3.14.5
aiohttp-cors==0.8.1
aiosignal==1.4.0
annotated-types==0.8.0
attrs==26.1.0
certifi==2026.10.19.post1
cffi==2.1.1
charset-normalizer==3.5.3
click==8.5.1
colorful==0.5.8
cryptography==50.0.2
distlib==0.4.4
filelock==4.3.1
frozenlist==1.8.0
google-api-core==2.44.0
google-auth==2.63.0
googleapis-common-protos==1.76.0
grpcio==1.85.3
idna==3.20
jsonschema==4.26.0
jsonschema-specifications==2025.9.1
msgpack==1.2.4
multidict==7.2.1
opencensus==0.11.4
opencensus-context==0.1.3
opentelemetry-api==1.45.2
opentelemetry-exporter-prometheus==0.66b2
opentelemetry-proto==1.45.2
opentelemetry-sdk==1.45.2
opentelemetry-semantic-conventions==0.66b2
packaging==26.4
platformdirs==4.14.9
prometheus-client==0.26.0
propcache==0.5.4
proto-plus==1.29.0
protobuf==7.36.2
py-spy==0.4.3
pyasn1==0.6.5
pyasn1-modules==0.4.2
pycparser==3.12
pydantic==2.14.4
pydantic-core==2.50.5
python-discovery==1.9.6
pyyaml==6.0.4
ray==2.60.0
referencing==0.37.0
requests==2.34.2
rpds-py==2026.9.1
six==1.17.0
smart-open==9.0.2
typing-extensions==4.16.0
typing-inspection==0.4.5
urllib3==2.8.0
virtualenv==21.15.11
wrapt==2.5.2
yarl==1.25.1
LOCKED
"$UV" pip install -q --python "$DEST/bin/python" --no-deps --compile-bytecode -r "$LOCK"
"$DEST/bin/python" -c 'import ray; assert ray.__version__ == "2.60.0"'
echo "$SUM" >"$STAMP"
