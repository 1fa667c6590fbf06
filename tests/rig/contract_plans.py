"""What PostgreSQL plans inside a function of the contract, where EXPLAIN does not look."""

from __future__ import annotations

import re
from typing import Any

import psycopg
from psycopg import sql


def plan_inside(connection: psycopg.Connection[Any], function: str, *arguments: object) -> str:
    """Return the plan that a session keeps of the query of fleet_contract's `function`."""
    ((source, names, types),) = connection.execute(
        "SELECT prosrc, proargnames[:pronargs], pg_get_function_identity_arguments(oid)"
        " FROM pg_proc WHERE oid = %s::regproc",
        [f"fleet_contract.{function}"],
    ).fetchall()
    query = re.search(r"RETURN QUERY(.*);\s*END\s*$", source, re.DOTALL)
    assert query
    body = query[1]
    for number, name in enumerate(names, 1):
        body = re.sub(rf"\b{name}\b", f"${number}", body)
        types = re.sub(rf"\b{name} ", "", types)
    given = sql.SQL(", ").join(map(sql.Literal, arguments)).as_string(connection)
    with connection.transaction(force_rollback=True):
        connection.execute("SET LOCAL plan_cache_mode = force_generic_plan")
        connection.execute(f"PREPARE kept ({types}) AS {body}".encode())
        plan = connection.execute(f"EXPLAIN EXECUTE kept ({given})".encode()).fetchall()
        connection.execute("DEALLOCATE kept")
    return "\n".join(line for (line,) in plan)
