"""Databases to reflect: scripts as people and tools write them."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, NamedTuple


class Schema(NamedTuple):
    """A database to look at through both libraries.

    Attributes:
        name: Name of the test.
        script: Makes the file.
        attached: Makes a second file, which is attached as ``aux``.
        session: Statements that every connection runs, for temporary tables.
        differs: What is different on purpose, and what ours says: by method,
            schema and table, as in ``"get_columns main t"``.
        created: The peer makes the same tables from what it has reflected;
            False where that is impossible or wrong because of ``differs``.
        again: Ours finds the same in the tables made from what it reflected.
    """

    name: str
    script: str
    attached: str = ""
    session: tuple[str, ...] = ()
    differs: Mapping[str, Any] = MappingProxyType({})
    created: bool = True
    again: bool = True


SCHEMAS = [
    Schema("empty", ""),
    Schema(
        "types",
        """
        CREATE TABLE t (
            a BIGINT, b BLOB, c BOOL, d BOOLEAN, e CHAR(3), f DATE,
            g DATETIME, h DOUBLE, i DECIMAL(10, 2), j FLOAT, k INT,
            l INTEGER, m JSON, n NUMERIC, o REAL, p SMALLINT, q TEXT,
            r TIME, s TIMESTAMP, t VARCHAR(20), u NVARCHAR(7), v NCHAR(2),
            w DATE_CHAR, x TIME_CHAR, y DATETIME_CHAR
        );
        """,
    ),
    Schema(
        "affinities",
        """
        CREATE TABLE t (
            a FOO, b, c TINYINT, d UNSIGNED BIG INT, e DOUBLE PRECISION,
            f MEDIUMTEXT, g LONGBLOB, h CLOB, i INT8, j VARYING CHARACTER(30),
            k NATIVE CHARACTER(70), l FLOATING POINT, m STRING, n UUID,
            o ANY, p MONEY(10,2), q VARBINARY(16), r XBLOBX, s REALLY,
            t POINT, u CHARINT, v "my type", w [a.b], x 'text'
        );
        """,
        again=False,  # the names of types are not kept
        created=False,
    ),
    Schema(
        "case_of_types",
        "CREATE TABLE t (a integer, b Varchar(5), c text, d Double, e bOOl)",
    ),
    Schema(
        "type_arguments",
        """
        CREATE TABLE t (
            a INTEGER(11), b NUMERIC(5), c FLOAT(7), d TEXT(100),
            e VARCHAR (20), f DECIMAL(10,2), g BLOB(10), h TINYINT(1),
            i REAL(3,2), j DATE(3), k NUMERIC(-5, 2), l VARCHAR( 12 ),
            m DOUBLE(1, 2), n FOO(1), o JSON(1)
        );
        """,
        again=False,
    ),
    Schema(
        "type_arguments_of_flags",
        "CREATE TABLE t (a BOOLEAN(1), b DATETIME(6), c TIMESTAMP(3),"
        " d TIME(3))",
        differs={
            "get_columns main t": [
                {
                    "name": "a",
                    "type": "BOOLEAN() BOOLEAN",
                    "nullable": True,
                    "default": None,
                    "primary_key": 0,
                },
                {
                    "name": "b",
                    "type": "DATETIME() DATETIME",
                    "nullable": True,
                    "default": None,
                    "primary_key": 0,
                },
                {
                    "name": "c",
                    "type": "TIMESTAMP() TIMESTAMP",
                    "nullable": True,
                    "default": None,
                    "primary_key": 0,
                },
                {
                    "name": "d",
                    "type": "TIME() TIME",
                    "nullable": True,
                    "default": None,
                    "primary_key": 0,
                },
            ]
        },
        created=False,
    ),
    Schema(
        "defaults",
        """
        CREATE TABLE t (
            a INTEGER DEFAULT 5, b TEXT DEFAULT 'it''s', c REAL DEFAULT -1.5,
            d TEXT DEFAULT CURRENT_TIMESTAMP, e INT DEFAULT (1 + 2),
            f TEXT DEFAULT "dq", g INT DEFAULT NULL, h BLOB DEFAULT x'00ff',
            i TEXT DEFAULT '', j BOOLEAN DEFAULT TRUE,
            k TEXT DEFAULT 'CHECK (x)',
            l TEXT DEFAULT (strftime('%H:%M', 'now')), m INT DEFAULT +3,
            n TEXT DEFAULT 'a:b :c', o REAL DEFAULT 1e3,
            p TEXT DEFAULT (lower('X'))
        );
        """,
        differs={"get_check_constraints main t": []},
        created=False,
    ),
    Schema(
        "keys",
        """
        CREATE TABLE a (id INTEGER PRIMARY KEY);
        CREATE TABLE b (id INTEGER PRIMARY KEY AUTOINCREMENT, x TEXT);
        CREATE TABLE c (x TEXT PRIMARY KEY);
        CREATE TABLE d (x TEXT, y INT, z INT, PRIMARY KEY (y, x));
        CREATE TABLE e (x INT NOT NULL, CONSTRAINT "e pk" PRIMARY KEY (x));
        CREATE TABLE f (x INT CONSTRAINT pk_f PRIMARY KEY DESC, y INT);
        CREATE TABLE g (x INT, y TEXT, CONSTRAINT pk_g PRIMARY KEY (x, y)
            ON CONFLICT REPLACE);
        CREATE TABLE h (x INT, y TEXT);
        """,
    ),
    Schema(
        "sqlalchemys_own_text",
        """
        CREATE TABLE parent (
            id INTEGER NOT NULL,
            name VARCHAR(50) NOT NULL,
            code VARCHAR(5),
            CONSTRAINT pk_parent PRIMARY KEY (id),
            CONSTRAINT uq_code UNIQUE (code),
            CONSTRAINT ck_name CHECK (length(name) > 0),
            UNIQUE (name, code)
        );
        CREATE TABLE child (
            id INTEGER NOT NULL,
            parent_id INTEGER,
            other_id INTEGER,
            PRIMARY KEY (id),
            CONSTRAINT fk_parent FOREIGN KEY(parent_id) REFERENCES parent (id)
                ON DELETE CASCADE ON UPDATE SET NULL,
            FOREIGN KEY(other_id) REFERENCES parent (id) DEFERRABLE
                INITIALLY DEFERRED
        );
        CREATE INDEX ix_child_parent ON child (parent_id);
        CREATE UNIQUE INDEX ix_child_both ON child (parent_id, other_id);
        CREATE INDEX ix_part ON child (id) WHERE other_id IS NOT NULL;
        """,
    ),
    Schema(
        "foreign_keys",
        """
        CREATE TABLE p (a INTEGER, b TEXT, PRIMARY KEY (a, b));
        CREATE TABLE q (id INTEGER PRIMARY KEY, u TEXT, UNIQUE (u));
        CREATE TABLE c (
            x INTEGER, y TEXT, z INTEGER, w TEXT,
            FOREIGN KEY (x, y) REFERENCES p (a, b) ON DELETE RESTRICT,
            FOREIGN KEY (z) REFERENCES q (id) ON UPDATE CASCADE
                ON DELETE SET DEFAULT,
            CONSTRAINT "to u" FOREIGN KEY (w) REFERENCES q (u)
                ON DELETE NO ACTION NOT DEFERRABLE,
            FOREIGN KEY (z) REFERENCES c (z) DEFERRABLE INITIALLY IMMEDIATE
        );
        """,
    ),
    Schema(
        "foreign_keys_of_columns",
        """
        CREATE TABLE p (id INTEGER PRIMARY KEY);
        CREATE TABLE c (
            a INTEGER REFERENCES p (id),
            b INTEGER NOT NULL REFERENCES p (id),
            d INTEGER REFERENCES c (a)
        );
        """,
    ),
    Schema(
        "options_of_foreign_keys_of_columns",
        """
        CREATE TABLE p (id INTEGER PRIMARY KEY);
        CREATE TABLE c (
            a INTEGER REFERENCES p (id) ON DELETE CASCADE,
            b INTEGER CONSTRAINT named REFERENCES p (id) ON UPDATE SET NULL
                DEFERRABLE INITIALLY DEFERRED NOT NULL
        );
        """,
        differs={
            "get_foreign_keys main c": [
                {
                    "name": "named",
                    "constrained_columns": ["b"],
                    "referred_schema": None,
                    "referred_table": "p",
                    "referred_columns": ["id"],
                    "options": {
                        "onupdate": "SET NULL",
                        "deferrable": True,
                        "initially": "DEFERRED",
                    },
                },
                {
                    "name": None,
                    "constrained_columns": ["a"],
                    "referred_schema": None,
                    "referred_table": "p",
                    "referred_columns": ["id"],
                    "options": {"ondelete": "CASCADE"},
                },
            ],
            "get_sorted_table_and_fkc_names main": [
                ["p", []],
                ["c", [["c", None], ["c", "named"]]],
                [None, []],
            ],
        },
        created=False,
    ),
    Schema(
        "foreign_keys_without_columns",
        """
        CREATE TABLE p (id INTEGER PRIMARY KEY);
        CREATE TABLE pp (a INT, b INT, PRIMARY KEY (b, a));
        CREATE TABLE c (a INTEGER REFERENCES p, x INT, y INT);
        CREATE TABLE d (a INTEGER REFERENCES p ON DELETE CASCADE);
        """,
        differs={
            "get_foreign_keys main d": [
                {
                    "name": None,
                    "constrained_columns": ["a"],
                    "referred_schema": None,
                    "referred_table": "p",
                    "referred_columns": ["id"],
                    "options": {"ondelete": "CASCADE"},
                }
            ]
        },
        created=False,
    ),
    Schema(
        "foreign_keys_of_tables_without_columns",
        """
        CREATE TABLE pp (a INT, b INT, PRIMARY KEY (b, a));
        CREATE TABLE c (x INT, y INT, FOREIGN KEY (x, y) REFERENCES pp
            ON DELETE CASCADE);
        """,
        differs={
            "get_foreign_keys main c": [
                {
                    "name": None,
                    "constrained_columns": ["x", "y"],
                    "referred_schema": None,
                    "referred_table": "pp",
                    "referred_columns": ["b", "a"],
                    "options": {"ondelete": "CASCADE"},
                }
            ]
        },
        created=False,
    ),
    Schema(
        "foreign_keys_in_other_case",
        """
        CREATE TABLE Parent (Id INTEGER PRIMARY KEY);
        CREATE TABLE c (a INTEGER, FOREIGN KEY (a) REFERENCES PARENT (ID));
        """,
        created=False,
        again=False,
    ),
    Schema(
        "circle",
        """
        CREATE TABLE a (id INTEGER PRIMARY KEY, b INTEGER,
            CONSTRAINT ab FOREIGN KEY (b) REFERENCES b (id));
        CREATE TABLE b (id INTEGER PRIMARY KEY, a INTEGER,
            CONSTRAINT ba FOREIGN KEY (a) REFERENCES a (id));
        CREATE TABLE c (id INTEGER PRIMARY KEY, a INTEGER, c INTEGER,
            CONSTRAINT ca FOREIGN KEY (a) REFERENCES a (id),
            CONSTRAINT cc FOREIGN KEY (c) REFERENCES c (id));
        CREATE TABLE d (id INTEGER PRIMARY KEY, d INTEGER,
            CONSTRAINT dd FOREIGN KEY (d) REFERENCES d (id));
        """,
    ),
    Schema(
        "order",
        """
        CREATE TABLE a (id INTEGER PRIMARY KEY, x INT REFERENCES b (id));
        CREATE TABLE b (id INTEGER PRIMARY KEY, x INT REFERENCES c (id));
        CREATE TABLE c (id INTEGER PRIMARY KEY, x INT REFERENCES c (id));
        CREATE TABLE d (id INTEGER PRIMARY KEY);
        """,
    ),
    Schema(
        "missing_parent",
        "CREATE TABLE c (a INTEGER REFERENCES nobody (id), b REFERENCES no)",
        created=False,
        again=False,
    ),
    Schema(
        "uniques",
        """
        CREATE TABLE t (
            a TEXT UNIQUE, b INTEGER NOT NULL UNIQUE, c TEXT, d TEXT,
            e TEXT PRIMARY KEY,
            CONSTRAINT cd UNIQUE (c, d), UNIQUE (d), CONSTRAINT "x y"
            UNIQUE (d, c)
        );
        """,
    ),
    Schema(
        "uniques_the_peer_misses",
        """
        CREATE TABLE t (
            a VARCHAR(20) UNIQUE, [b b] TEXT UNIQUE, c TEXT
            UNIQUE, d TEXT DEFAULT 'x' UNIQUE, e TEXT, f TEXT, g TEXT,
            "g ""g" TEXT, CONSTRAINT [a name] UNIQUE (e, f), UNIQUE (G),
            UNIQUE ("g ""g"), UNIQUE (f COLLATE NOCASE, a)
        );
        """,
        differs={
            "get_unique_constraints main t": [
                {"name": "a name", "column_names": ["e", "f"]},
                {"name": None, "column_names": ["g"]},
                {"name": None, "column_names": ['g "g']},
                {"name": None, "column_names": ["f", "a"]},
                {"name": None, "column_names": ["a"]},
                {"name": None, "column_names": ["b b"]},
                {"name": None, "column_names": ["c"]},
                {"name": None, "column_names": ["d"]},
            ]
        },
        created=False,
    ),
    Schema(
        "unique_twice",
        "CREATE TABLE t (a TEXT PRIMARY KEY, b TEXT UNIQUE, UNIQUE (b),"
        " UNIQUE (a))",
        again=False,
    ),
    Schema(
        "checks",
        """
        CREATE TABLE t (
            a INTEGER CHECK (a > 0),
            b TEXT CONSTRAINT b_short CHECK (length(b) < 10),
            c TEXT CHECK (c IN ('(', 'x)', 'CHECK (')),
            CHECK (a < 100 OR b = 'it''s'),
            CONSTRAINT "the ck" CHECK (a <> 5 AND (b IS NULL OR b > 'b')),
            CONSTRAINT zz CHECK (1), CONSTRAINT [in br] CHECK (2),
            CONSTRAINT `tick` CHECK (3)
        );
        """,
    ),
    Schema(
        "checks_the_peer_misreads",
        """
        CREATE TABLE t (
            a INTEGER DEFAULT 'CHECK (no)',  -- CHECK (comment)
            b TEXT, /* CONSTRAINT q CHECK (x) */
            "CHECK (" TEXT,
            CONSTRAINT "qu""oted" CHECK (b <> ''),
            CHECK (a > 0 -- a ) here
                OR b = 'x')
        );
        """,
        differs={
            "get_check_constraints main t": [
                {"sqltext": "b <> ''", "name": 'qu"oted'},
                {
                    "sqltext": "a > 0 -- a ) here\n                OR b = 'x'",
                    "name": None,
                },
            ]
        },
        created=False,
    ),
    Schema(
        "generated",
        """
        CREATE TABLE t (
            a INTEGER,
            b INTEGER GENERATED ALWAYS AS (a + 1),
            c INTEGER GENERATED ALWAYS AS (a * (2 + b)) STORED,
            d TEXT GENERATED ALWAYS AS (a || 'x') VIRTUAL
        );
        """,
    ),
    Schema(
        "generated_the_peer_misreads",
        """
        CREATE TABLE t (a INTEGER, b INTEGER AS (a + 1),
            c INT GENERATED ALWAYS AS(a||')') STORED,
            d INT AS (a) CHECK (d > 0),
            e INT GENERATED ALWAYS AS (a - 1), f INT CHECK (f > 0));
        """,
        differs={
            "get_columns main t": [
                {
                    "name": "a",
                    "type": "INTEGER() INTEGER",
                    "nullable": True,
                    "default": None,
                    "primary_key": 0,
                },
                {
                    "name": "b",
                    "type": "INTEGER() INTEGER",
                    "nullable": True,
                    "default": None,
                    "primary_key": 0,
                    "computed": {"sqltext": "a + 1", "persisted": False},
                },
                {
                    "name": "c",
                    "type": "INTEGER() INTEGER",
                    "nullable": True,
                    "default": None,
                    "primary_key": 0,
                    "computed": {"sqltext": "a||')'", "persisted": True},
                },
                {
                    "name": "d",
                    "type": "INTEGER() INTEGER",
                    "nullable": True,
                    "default": None,
                    "primary_key": 0,
                    "computed": {"sqltext": "a", "persisted": False},
                },
                {
                    "name": "e",
                    "type": "INTEGER() INTEGER",
                    "nullable": True,
                    "default": None,
                    "primary_key": 0,
                    "computed": {"sqltext": "a - 1", "persisted": False},
                },
                {
                    "name": "f",
                    "type": "INTEGER() INTEGER",
                    "nullable": True,
                    "default": None,
                    "primary_key": 0,
                },
            ]
        },
        created=False,
    ),
    Schema(
        "indexes",
        """
        CREATE TABLE t (a TEXT, b INT, c TEXT, "d e" TEXT);
        CREATE INDEX zz ON t (a);
        CREATE UNIQUE INDEX aa ON t (b, a);
        CREATE INDEX "odd ""name" ON t ("d e");
        CREATE INDEX part ON t (a) WHERE b > 5 AND c = 'x';
        CREATE INDEX collated ON t (a COLLATE NOCASE DESC);
        CREATE UNIQUE INDEX upart ON t (a, b) where c is not null;
        """,
    ),
    Schema(
        "index_of_expression",
        """
        CREATE TABLE t (a TEXT, b INT);
        CREATE INDEX e ON t (lower(a));
        CREATE INDEX f ON t (a, b + 1) WHERE a > 1;
        CREATE INDEX g ON t (b);
        """,
    ),
    Schema(
        "partial_index_over_lines",
        "CREATE TABLE t (a INT, b INT);\nCREATE INDEX i ON t (a) WHERE a > 1\n"
        "  AND b < 2;\nCREATE INDEX j ON t (b)WHERE b > 1;",
        differs={
            "get_indexes main t": [
                {
                    "name": "i",
                    "column_names": ["a"],
                    "unique": 0,
                    "dialect_options": {"sqlite_where": "a > 1\n  AND b < 2"},
                },
                {
                    "name": "j",
                    "column_names": ["b"],
                    "unique": 0,
                    "dialect_options": {"sqlite_where": "b > 1"},
                },
            ]
        },
        created=False,
    ),
    Schema(
        "options_of_tables",
        """
        CREATE TABLE a (id INTEGER PRIMARY KEY, x TEXT) WITHOUT ROWID;
        CREATE TABLE b (id INTEGER PRIMARY KEY, x TEXT) STRICT;
        CREATE TABLE c (id TEXT NOT NULL, PRIMARY KEY (id)) STRICT,
            WITHOUT ROWID;
        CREATE TABLE d (id INT PRIMARY KEY, strict TEXT, x ANY);
        CREATE TABLE e (id INT PRIMARY KEY, x TEXT CHECK (x <> 'STRICT'));
        """,
    ),
    Schema(
        "options_with_comment",
        "CREATE TABLE a (id INTEGER PRIMARY KEY) WITHOUT /* x */ ROWID;",
        differs={"get_table_options main a": {"sqlite_with_rowid": False}},
        created=False,
    ),
    Schema(
        "odd_names",
        """
        CREATE TABLE "a b" ("c d" INTEGER PRIMARY KEY, "e""f" TEXT);
        CREATE TABLE [br ack] ([x y] INTEGER, `back tick` TEXT);
        CREATE TABLE "select" ("from" INTEGER, "WHERE" TEXT, "Order" INT);
        CREATE TABLE "it's" ("it's" TEXT);
        CREATE TABLE "x""; DROP TABLE y; --" ("; DROP" INT);
        CREATE TABLE y (ü INT, "naïve col" INT, "100%" INT, "a:b" INT);
        CREATE TABLE UPPER (Mixed INT, lower INT);
        CREATE TABLE "with(paren" ("col)" INT, "c(1" TEXT);
        CREATE INDEX "i;x" ON "it's" ("it's");
        CREATE TABLE sqlitex (a INT);
        """,
    ),
    Schema(
        "dots_in_names",
        """
        CREATE TABLE "a.b" ("c.d" INTEGER PRIMARY KEY, e INT);
        CREATE TABLE "f" (g INT, FOREIGN KEY (g) REFERENCES "a.b" ("c.d"));
        """,
        created=False,
    ),
    Schema(
        "odd_names_in_constraints",
        """
        CREATE TABLE "p p" ("i d" INTEGER PRIMARY KEY, "a,b" TEXT,
            CONSTRAINT "u q" UNIQUE ("a,b"));
        CREATE TABLE c ("x y" INTEGER, z TEXT,
            CONSTRAINT "f k" FOREIGN KEY ("x y") REFERENCES "p p" ("i d"));
        """,
    ),
    Schema(
        "brackets_in_constraints",
        """
        CREATE TABLE [p p] ([i d] INTEGER PRIMARY KEY);
        CREATE TABLE c ([x y] INTEGER, `z z` TEXT,
            CONSTRAINT [f k] FOREIGN KEY ([x y]) REFERENCES [p p] ([i d])
            ON DELETE CASCADE, CONSTRAINT 'p k' PRIMARY KEY (`z z`));
        """,
        differs={
            "get_foreign_keys main c": [
                {
                    "name": "f k",
                    "constrained_columns": ["x y"],
                    "referred_schema": None,
                    "referred_table": "p p",
                    "referred_columns": ["i d"],
                    "options": {"ondelete": "CASCADE"},
                }
            ],
            "get_pk_constraint main c": {
                "constrained_columns": ["z z"],
                "name": "p k",
            },
            "get_sorted_table_and_fkc_names main": [
                ["p p", []],
                ["c", [["c", "f k"]]],
                [None, []],
            ],
        },
        created=False,
    ),
    Schema(
        "line_breaks_and_comments",
        """
        create table -- the table
            t /* here */ (
            a -- first
                integer
                not
                null
                primary
                key
            , b
                text -- , c text
                unique
            , foreign
                key ( b )
                references u
                ( id )
                on
                delete
                set
                null
        );
        create table u(id text primary key);
        """,
        differs={
            "get_unique_constraints main t": [
                {"name": None, "column_names": ["b"]}
            ]
        },
        created=False,
    ),
    Schema(
        "words_as_names",
        """
        CREATE TABLE t (key TEXT, "check" TEXT, "unique" INT,
            "references" TEXT, action TEXT UNIQUE, "constraint" INT,
            "primary" INT, "foreign" INT, CHECK ("check" > 'a'),
            UNIQUE ("unique", key));
        """,
    ),
    Schema(
        "views",
        """
        CREATE TABLE t (a INTEGER PRIMARY KEY, b VARCHAR(10) NOT NULL);
        CREATE VIEW v AS SELECT a, b, a + 1 AS c, 'CHECK (x)' d FROM t;
        CREATE VIEW "odd view" (x, y) AS SELECT * FROM t;
        """,
        differs={"get_check_constraints main v": []},
    ),
    Schema(
        "made_from_select",
        """
        CREATE TABLE t (a INTEGER PRIMARY KEY, b VARCHAR(10) NOT NULL);
        CREATE TABLE u AS SELECT a, b, CAST(a AS INT) AS c FROM t;
        """,
    ),
    Schema(
        "altered",
        """
        CREATE TABLE p (id INTEGER PRIMARY KEY);
        CREATE TABLE t (a INTEGER, b TEXT, UNIQUE (b));
        ALTER TABLE t ADD COLUMN c INTEGER NOT NULL DEFAULT 7;
        ALTER TABLE t ADD COLUMN d INTEGER REFERENCES p (id);
        ALTER TABLE t RENAME COLUMN b TO bb;
        ALTER TABLE t RENAME TO t2;
        """,
    ),
    Schema(
        "virtual",
        "CREATE VIRTUAL TABLE f USING fts5(title, body); CREATE TABLE t (a);",
        created=False,
        again=False,
    ),
    Schema(
        "internal_tables",
        "CREATE TABLE t (a INTEGER PRIMARY KEY AUTOINCREMENT, b INT);"
        " INSERT INTO t (b) VALUES (1); CREATE INDEX i ON t (b); ANALYZE;",
    ),
    Schema(
        "attached",
        "CREATE TABLE t (a INTEGER PRIMARY KEY); CREATE VIEW mv AS SELECT 1;",
        """
        CREATE TABLE t (b TEXT NOT NULL, c INT UNIQUE, CHECK (c > 1));
        CREATE TABLE u (id INTEGER PRIMARY KEY, x TEXT, FOREIGN KEY (x)
            REFERENCES t (b) ON DELETE CASCADE);
        CREATE INDEX ix ON u (x) WHERE x > 'a';
        CREATE VIEW av AS SELECT b FROM t;
        """,
    ),
    Schema(
        "temporary",
        "CREATE TABLE t (a INTEGER PRIMARY KEY, b INT);",
        session=(
            "CREATE TEMP TABLE tt (x INTEGER PRIMARY KEY, y TEXT UNIQUE,"
            " CHECK (x > 0))",
            "CREATE TEMP VIEW tv AS SELECT x FROM tt",
            "CREATE INDEX temp.tix ON tt (y)",
        ),
    ),
    Schema(
        "temporary_partial_index",
        "CREATE TABLE t (a INTEGER PRIMARY KEY, b INT);",
        session=(
            "CREATE TEMP TABLE tt (x INTEGER PRIMARY KEY, y TEXT)",
            "CREATE INDEX temp.tix ON tt (y) WHERE y > 'a'",
        ),
        differs={
            "get_indexes main tt": [
                {
                    "name": "tix",
                    "column_names": ["y"],
                    "unique": 0,
                    "dialect_options": {"sqlite_where": "y > 'a'"},
                }
            ],
            "get_unique_constraints main tt": [],
        },
    ),
    Schema(
        "temporary_hides_main",
        "CREATE TABLE t (a INTEGER PRIMARY KEY, b INT);",
        session=(
            "CREATE TEMP TABLE t (a TEXT, b INT REFERENCES t (a), UNIQUE (a))",
        ),
        differs={
            "get_foreign_keys main t": [],
            "get_sorted_table_and_fkc_names main": [["t", []], [None, []]],
        },
        created=False,
    ),
    Schema(
        "broken_view",
        """
        CREATE TABLE t (a INT);
        CREATE VIEW v AS SELECT a FROM t;
        CREATE VIEW w AS SELECT nobody FROM t;
        CREATE VIEW x AS SELECT * FROM gone;
        """,
        differs={
            "get_indexes main w": [],
            "get_indexes main x": [],
            "get_unique_constraints main w": [],
            "get_unique_constraints main x": [],
            "has_table main w": True,
            "has_table main x": True,
        },
    ),
    Schema(
        "forms_of_create",
        """
        CREATE TABLE IF NOT EXISTS a (x INT UNIQUE);
        CREATE TABLE main.b (x INT, CONSTRAINT k PRIMARY KEY (x));
        CREATE TABLE "main"."c(d" (x INT CHECK (x > 0));
        CREATE TABLE /* ( */ d /* , */ (x INT NOT NULL);
        CREATE TABLE e(x INT,y INT,PRIMARY KEY(x,y),UNIQUE(y));
        """,
    ),
    Schema(
        "constraints_without_commas",
        """
        CREATE TABLE t (a INT, b INT, c TEXT,
            PRIMARY KEY (a) UNIQUE (b) CONSTRAINT ck CHECK (a > b)
            CONSTRAINT fk FOREIGN KEY (b) REFERENCES t (a) CHECK (b > 1));
        """,
    ),
    Schema(
        "names_of_other_clauses",
        """
        CREATE TABLE t (
            a INT CONSTRAINT nn NOT NULL CHECK (a > 0),
            b INT CONSTRAINT d DEFAULT 5 CONSTRAINT u UNIQUE,
            c TEXT CONSTRAINT co COLLATE NOCASE CHECK (c > 'a')
        );
        """,
        differs={
            "get_unique_constraints main t": [
                {"name": "u", "column_names": ["b"]}
            ]
        },
        created=False,
    ),
    Schema(
        "rtree",
        "CREATE VIRTUAL TABLE r USING rtree(id, x0, x1)",
        created=False,
        again=False,
    ),
    Schema(
        "many_columns",
        "CREATE TABLE t ("
        + ", ".join(f"c{i} VARCHAR({i}) NOT NULL" for i in range(1, 300))
        + ", PRIMARY KEY (c7, c3))",
    ),
]
