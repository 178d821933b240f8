"""The orders, in a SQLite file beside the log. The health page asks it, so a lost or locked file shows."""

import sqlite3
from pathlib import Path
from typing import Any

SCHEMA = """
CREATE TABLE IF NOT EXISTS orders
    (id INTEGER PRIMARY KEY, customer TEXT NOT NULL, placed_on TEXT NOT NULL, status TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS lines
    (order_id INTEGER NOT NULL, sku TEXT NOT NULL, name TEXT NOT NULL, quantity INTEGER NOT NULL, cents INTEGER);
"""
CUSTOMERS = ("Ada Marsh", "Ben Okafor", "Cleo Winter", "Dana Ruiz", "Eli Novak", "Fay Lindqvist")
GOODS = (("KETTLE", "Kettle", 3900), ("LAMP", "Desk lamp", 5450), ("MUG", "Mug", 950), ("STOOL", "Stool", 7800))


class Store:
    """One connection a call: the service answers from several threads."""

    def __init__(self, path: Path) -> None:
        self._path = path
        with self._connect() as connection:
            connection.executescript(SCHEMA)
            if not connection.execute("SELECT count(*) FROM orders").fetchone()[0]:
                _fill(connection)

    def count(self) -> int:
        """How many orders there are; raises sqlite3.Error when the file cannot be read."""
        with self._connect() as connection:
            return int(connection.execute("SELECT count(*) FROM orders").fetchone()[0])

    def orders(self, *, limit: int, order_id: int | None = None) -> list[dict[str, Any]]:
        """Orders with their lines, oldest first."""
        where, values = ("WHERE id = ?", [order_id]) if order_id is not None else ("", [])
        with self._connect() as connection:
            rows = connection.execute(
                f"SELECT id, customer, placed_on, status FROM orders {where} ORDER BY id LIMIT ?",  # noqa: S608 (fixed words only)
                [*values, limit],
            ).fetchall()
            return [
                {
                    "__typename": "Order",
                    "id": str(number),
                    "customer": customer,
                    "placedOn": placed_on,
                    "status": status,
                    "lines": _lines(connection, number),
                }
                for number, customer, placed_on, status in rows
            ]

    def _connect(self) -> "_Closing":
        return _Closing(self._path)


class _Closing:
    """Commits and closes: sqlite3's own context manager leaves the connection open."""

    def __init__(self, path: Path) -> None:
        self._connection = sqlite3.connect(path, timeout=2)

    def __enter__(self) -> sqlite3.Connection:
        return self._connection

    def __exit__(self, *error: object) -> None:
        if error[0] is None:
            self._connection.commit()
        self._connection.close()


def _lines(connection: sqlite3.Connection, number: int) -> list[dict[str, Any]]:
    found = connection.execute("SELECT sku, name, quantity, cents FROM lines WHERE order_id = ?", [number])
    return [
        {
            "__typename": "Line",
            "product": {"__typename": "Product", "sku": sku, "name": name},
            "quantity": quantity,
            "cents": cents,
        }
        for sku, name, quantity, cents in found
    ]


def _fill(connection: sqlite3.Connection) -> None:
    for number in range(1, 25):
        status = ("packed", "sent", "paid")[number % 3]
        customer = CUSTOMERS[number % len(CUSTOMERS)]
        connection.execute(
            "INSERT INTO orders VALUES (?, ?, ?, ?)", [number, customer, f"2026-03-{number:02d}", status]
        )
        for offset in range(1 + number % 3):
            sku, name, cents = GOODS[(number + offset) % len(GOODS)]
            connection.execute("INSERT INTO lines VALUES (?, ?, ?, ?, ?)", [number, sku, name, 1 + number % 2, cents])
