"""SQLite changes a table by building a new one and dropping the old; what was refused on the old stays refused."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType

from alembic.ddl.sqlite import SQLiteImpl
from alembic.operations.batch import ApplyBatchImpl
from sqlalchemy import Table, text

TRIGGERS = text("SELECT sql FROM sqlite_master WHERE type = 'trigger' AND tbl_name = :of_table")
NONE: Mapping[str, Sequence[str]] = MappingProxyType({})


class RebuildKeepsTriggers(SQLiteImpl):
    """Alembic's SQLite, except that a table rebuilt by `batch_alter_table` keeps its triggers.

    Naming the dialect is how Alembic takes an implementation; importing this module is enough.
    """

    __dialect__ = "sqlite"

    kept = NONE
    """The statements that made the triggers of the table being rebuilt, by the table's name."""

    def prep_table_for_batch(self, batch_impl: ApplyBatchImpl, table: Table) -> None:
        super().prep_table_for_batch(batch_impl, table)
        assert self.connection is not None, "rebuilding reads the table, so it never writes statements out"
        self.kept = {table.name: self.connection.scalars(TRIGGERS, {"of_table": table.name}).all()}

    def rename_table(self, old_table_name: str, new_table_name: str, schema: str | None = None) -> None:
        super().rename_table(old_table_name, new_table_name, schema=schema)
        kept, self.kept = self.kept, NONE
        for statement in kept.get(new_table_name, ()):
            assert self.connection is not None
            self.connection.exec_driver_sql(statement)
