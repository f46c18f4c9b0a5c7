"""What a program does with Millrace, by the client that openapi-python-client generates beside this file."""

import importlib
import inspect
import pkgutil
from http import HTTPStatus

import httpx
import millrace_client
from millrace_client.models import Run, StartRun

# Every module of the client can be imported.
for module in pkgutil.walk_packages(millrace_client.__path__, "millrace_client."):
    importlib.import_module(module.name)

from millrace_client.api.events import stream_events
from millrace_client.api.runs import list_runs, start_run, stream_run

for operation in (list_runs, start_run):
    assert inspect.iscoroutinefunction(operation.asyncio_detailed), operation

started = StartRun.from_dict({"pipeline": "p", "source": {"kind": "none"}, "inputs": {"target": "prod"}})
assert started.to_dict()["pipeline"] == "p"

# A later server may add members.
run = Run.from_dict(
    {
        "id": "01900000-0000-7000-8000-000000000001",
        "number": 1,
        "pipeline": "p",
        "planHash": "a",
        "status": "finished",
        "outcome": "success",
        "queuedAt": "2026-01-31T12:00:00.000Z",
        "startedAt": None,
        "finishedAt": None,
        "trigger": {"kind": "api", "actor": "user:admin", "later": 1},
        "source": {"kind": "git", "url": "https://example.org/a", "commit": "a" * 40, "later": 1},
        "retryOf": None,
        "cancel": None,
        "isolation": "none",
        "inputs": {},
        "failedSteps": [],
        "position": 1,
        "steps": [],
        "later": 1,
    }
)
assert run.outcome == "success" and run.source.url == "https://example.org/a", run

# A stream is text.
text = 'id: 1\nevent: run.queued\ndata: {"position": 1}\n\n'
stream = httpx.Response(200, headers={"content-type": "text/event-stream; charset=utf-8"}, text=text)
client = millrace_client.Client(
    base_url="http://millrace", httpx_args={"transport": httpx.MockTransport(lambda _: stream)}
)
for answer in (stream_run.sync_detailed(run.id, client=client), stream_events.sync_detailed(client=client)):
    assert answer.status_code == HTTPStatus.OK and answer.parsed == text, answer

# A later server may say other words.
assert Run.from_dict({**run.to_dict(), "outcome": "later", "status": "later"}).outcome == "later"
print("ok")
