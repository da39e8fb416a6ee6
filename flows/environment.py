"""What Prefect is told through the environment: one table for its server, one for everybody who talks to it.

Nothing here imports Prefect, so an entry point can prepare the environment before any flow is imported.
"""

import os
import sys
from collections.abc import Mapping
from pathlib import Path

NOTHING_LEAVES = {
    "DO_NOT_TRACK": "1",
    "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
    "PREFECT_TELEMETRY_ENABLE_RESOURCE_METRICS": "false",
    "PREFECT_SERVER_UI_SHOW_PROMOTIONAL_CONTENT": "false",
}

CLIENT_DEFAULTS = NOTHING_LEAVES | {
    # Log lines sent to the API cost most of a chatty run, and nobody reads them there.
    "PREFECT_LOGGING_TO_API_ENABLED": "false",
    # Three lines for each run would bury what the operator should read; the runs are in Prefect's pages.
    "PREFECT_LOGGING_LEVEL": "WARNING",
    # Without an address Prefect would start a hidden temporary server; a missing server must be seen.
    "PREFECT_SERVER_EPHEMERAL_ENABLED": "false",
    # A server that hangs may hold up a move for seconds, not for the minutes of Prefect's own defaults.
    "PREFECT_API_REQUEST_TIMEOUT": "10",
    "PREFECT_CLIENT_MAX_RETRIES": "2",
    # A run's process must import this application, not what happens to lie in the folder it starts in.
    "PYTHONSAFEPATH": "1",
}

SERVER_DEFAULTS = NOTHING_LEAVES | {
    # No run waits in a pause, so nothing ever expires.
    "PREFECT_SERVER_SERVICES_PAUSE_EXPIRATIONS_ENABLED": "false",
    # Housekeeping of cancelled runs, leases and workers: nothing here needs it within seconds.
    "PREFECT_SERVER_SERVICES_CLEANUP_RECONCILER_LOOP_SECONDS": "60",
    "PREFECT_SERVER_SERVICES_CANCELLATION_CLEANUP_LOOP_SECONDS": "60",
    "PREFECT_SERVER_SERVICES_REPOSSESSOR_LOOP_SECONDS": "60",
    "PREFECT_SERVER_SERVICES_FOREMAN_LOOP_SECONDS": "30",
    "PREFECT_SERVER_SERVICES_LATE_RUNS_LOOP_SECONDS": "15",
    # How often it looks for runs that stopped giving signs of life.
    "PREFECT_SERVER_EVENTS_PROACTIVE_GRANULARITY": "PT15S",
    # After downtime every missed tick is replayed late, one process each; a sweep needs only the next ones.
    "PREFECT_SERVER_SERVICES_SCHEDULER_MIN_SCHEDULED_TIME": "PT15M",
    "PREFECT_SERVER_DEPLOYMENT_SCHEDULE_MAX_SCHEDULED_RUNS": "4",
    # The product's own tables are the history; Prefect's records of finished runs go after 30 days.
    "PREFECT_SERVER_SERVICES_DB_VACUUM_ENABLED": "events,flow_runs",
    "PREFECT_SERVER_SERVICES_DB_VACUUM_RETENTION_PERIOD": str(30 * 86_400),
    "PREFECT_SERVER_LOGGING_LEVEL": "WARNING",
}


def server_environment(home: Path, ui_url: str, auth_string: str) -> dict[str, str]:
    """The whole environment of an embedded server that keeps everything it writes below `home`.

    What the operator set for the server wins over our defaults, except where the server lives and
    who may talk to it.
    """
    foreign = {name: value for name, value in os.environ.items() if not name.startswith("PREFECT_")}
    operators = {name: value for name, value in os.environ.items() if name.startswith("PREFECT_SERVER_")}
    placed = {
        "PREFECT_HOME": str(home),
        "PREFECT_SERVER_DATABASE_CONNECTION_URL": f"sqlite+aiosqlite:///{home / 'prefect.db'}",
        # The default lies inside the installed package, which is read-only in a container.
        "PREFECT_SERVER_UI_STATIC_DIRECTORY": str(home / "ui"),
        "PREFECT_SERVER_UI_API_URL": f"{ui_url}/api",
        "PREFECT_SERVER_CORS_ALLOWED_ORIGINS": ui_url,
        "PREFECT_SERVER_API_AUTH_STRING": auth_string,
        "PREFECT__SERVER_FINAL": "1",
    }
    return foreign | SERVER_DEFAULTS | operators | placed


def prepare_client(home: Path, *, api_url: str, auth_string: str | None = None) -> None:
    """Tell this process, and the processes of its runs, which Prefect server to talk to and how.

    What the operator set stays as it is. Prefect reads its settings once, at import; when it was imported
    before (another command of the same process did), it reads them again here.
    """
    placed = {"PREFECT_API_URL": api_url}
    if auth_string is not None:
        placed["PREFECT_API_AUTH_STRING"] = auth_string
    defaults: Mapping[str, str] = {"PREFECT_HOME": str(home), **CLIENT_DEFAULTS}
    os.environ.update({name: value for name, value in defaults.items() if name not in os.environ} | placed)
    for name in ("NO_PROXY", "no_proxy"):
        # A proxy meant for the web must not come between this machine's own processes.
        os.environ[name] = ",".join(filter(None, [os.environ.get(name), "127.0.0.1,localhost"]))
    if "prefect.context" in sys.modules:
        sys.modules["prefect.context"].refresh_global_settings_context()
