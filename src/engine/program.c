/* Tells from its bytecode whether a statement is bounded: whether it does a
 * number of steps that does not grow with a table, so that a write may be
 * run on an event loop's thread to its end without a budget.
 *
 * Used by the thread that owns the handle.  Knows the shape of SQLite's
 * programs, nothing of plans.
 *
 * How a program is read.  EXPLAIN lists the instructions as rows: address,
 * opcode, P1, P2, ...; the programs of triggers follow, each counting its
 * addresses from 0 again.  A program can only run long in three ways: by an
 * instruction that works through a table by itself (Clear, Count, Sorter...,
 * ParseSchema), by a jump backwards, or by calling something (Gosub, Yield,
 * Program).  So it is bounded if
 *
 *  - every opcode is one of those below, each known to do a fixed amount of
 *    work.  An unknown one, of a later SQLite say, is not trusted;
 *  - every jump goes forward, but for two.  Init jumps to the end of the
 *    program, where the transaction is opened, and the last instruction,
 *    `Goto 0 1`, from there to the beginning.  And Next may go back over a
 *    table that the program itself fills: the list of an IN, the rows of a
 *    RETURNING.  What fills it is bounded, so the loop is, unless it feeds
 *    its own table;
 *  - only the main program calls others (a trigger that fires triggers may
 *    fire itself), and these are bounded too.
 *
 * A wrong "no" costs a trip to a worker.  AUTOINCREMENT gets one: it searches
 * sqlite_sequence row by row. */
#include "engine/program.h"

#include <sqlite3.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "engine/functions.h"
#include "engine/plan.h"

typedef enum kind {
    STRAIGHT, /* goes on with the next instruction */
    FORWARD,  /* may jump to P2; 0 stands for no target */
    GOTO,
    CALL,      /* runs the program of a trigger; may jump to P2 */
    EPHEMERAL, /* makes the table of cursor P1 */
    FILL,      /* adds to the table of cursor P1 */
    LOOP,      /* goes back to P2 while cursor P1 has rows */
    UNKNOWN,
} kind;

typedef struct opcode {
    const char *name;
    kind kind;
} opcode;

/* Sorted by name, for bsearch. */
static const opcode opcodes[] = {
    {"Abortable", STRAIGHT},
    {"Add", STRAIGHT},
    {"AddImm", STRAIGHT},
    {"Affinity", STRAIGHT},
    {"And", STRAIGHT},
    {"BeginSubrtn", STRAIGHT},
    {"BitAnd", STRAIGHT},
    {"BitNot", STRAIGHT},
    {"BitOr", STRAIGHT},
    {"Blob", STRAIGHT},
    {"Cast", STRAIGHT},
    {"Close", STRAIGHT},
    {"ClrSubtype", STRAIGHT},
    {"CollSeq", STRAIGHT},
    {"Column", STRAIGHT},
    {"ColumnsUsed", STRAIGHT},
    {"Concat", STRAIGHT},
    {"Copy", STRAIGHT},
    {"CursorHint", STRAIGHT},
    {"DecrJumpZero", FORWARD},
    {"DeferredSeek", STRAIGHT},
    {"Delete", STRAIGHT},
    {"Divide", STRAIGHT},
    {"ElseEq", FORWARD},
    {"ElseNotEq", FORWARD},
    {"Eq", FORWARD},
    {"Explain", STRAIGHT},
    {"FinishSeek", STRAIGHT},
    {"FkCheck", STRAIGHT},
    {"FkCounter", STRAIGHT},
    {"FkIfZero", FORWARD},
    {"Found", FORWARD},
    {"Function", STRAIGHT},
    {"Ge", FORWARD},
    {"GetSubtype", STRAIGHT},
    {"Goto", GOTO},
    {"Gt", FORWARD},
    {"Halt", STRAIGHT},
    {"HaltIfNull", STRAIGHT},
    {"IdxDelete", STRAIGHT},
    {"IdxGE", FORWARD},
    {"IdxGT", FORWARD},
    {"IdxInsert", FILL},
    {"IdxLE", FORWARD},
    {"IdxLT", FORWARD},
    {"IdxRowid", STRAIGHT},
    {"If", FORWARD},
    {"IfNoHope", FORWARD},
    {"IfNot", FORWARD},
    {"IfNotOpen", FORWARD},
    {"IfNullRow", FORWARD},
    {"IfPos", FORWARD},
    {"Init", FORWARD},
    {"Insert", FILL},
    {"Int64", STRAIGHT},
    {"IntCopy", STRAIGHT},
    {"Integer", STRAIGHT},
    {"IsNull", FORWARD},
    {"IsTrue", STRAIGHT},
    {"IsType", FORWARD},
    {"Last", FORWARD},
    {"Le", FORWARD},
    {"Lt", FORWARD},
    {"MakeRecord", STRAIGHT},
    {"Move", STRAIGHT},
    {"Multiply", STRAIGHT},
    {"MustBeInt", FORWARD},
    {"Ne", FORWARD},
    {"NewRowid", STRAIGHT},
    {"Next", LOOP},
    {"NoConflict", FORWARD},
    {"Noop", STRAIGHT},
    {"Not", STRAIGHT},
    {"NotExists", FORWARD},
    {"NotFound", FORWARD},
    {"NotNull", FORWARD},
    {"Null", STRAIGHT},
    {"NullRow", STRAIGHT},
    {"Once", FORWARD},
    {"OpenEphemeral", EPHEMERAL},
    {"OpenPseudo", STRAIGHT},
    {"OpenRead", STRAIGHT},
    {"OpenWrite", STRAIGHT},
    {"Or", STRAIGHT},
    {"Param", STRAIGHT},
    {"Prev", LOOP},
    {"Program", CALL},
    {"PureFunc", STRAIGHT},
    {"Real", STRAIGHT},
    {"RealAffinity", STRAIGHT},
    {"ReleaseReg", STRAIGHT},
    {"Remainder", STRAIGHT},
    {"ReopenIdx", STRAIGHT},
    {"ResetCount", STRAIGHT},
    {"ResultRow", STRAIGHT},
    {"Return", STRAIGHT},
    {"Rewind", FORWARD},
    {"RowData", STRAIGHT},
    {"Rowid", STRAIGHT},
    {"SCopy", STRAIGHT},
    {"SeekGE", FORWARD},
    {"SeekGT", FORWARD},
    {"SeekHit", STRAIGHT},
    {"SeekLE", FORWARD},
    {"SeekLT", FORWARD},
    {"SeekRowid", FORWARD},
    {"Sequence", STRAIGHT},
    {"SetSubtype", STRAIGHT},
    {"ShiftLeft", STRAIGHT},
    {"ShiftRight", STRAIGHT},
    {"SoftNull", STRAIGHT},
    {"String", STRAIGHT},
    {"String8", STRAIGHT},
    {"Subtract", STRAIGHT},
    {"TableLock", STRAIGHT},
    {"Trace", STRAIGHT},
    {"Transaction", STRAIGHT},
    {"TypeCheck", STRAIGHT},
    {"Variable", STRAIGHT},
    {"ZeroOrNull", STRAIGHT},
};

typedef struct instruction {
    kind kind;
    int p1;
    int p2;
} instruction;

enum { LONGEST = 512 }; /* a longer program is not worth running inline */

/* One program of the listing, while it is collected and judged. */
typedef struct program {
    bool called; /* it is a trigger's */
    int length;
    instruction code[LONGEST];
} program;

static int
compare_name(const void *name, const void *element)
{
    const opcode *op = element;
    return strcmp(name, op->name);
}

static kind
kind_of(const char *name)
{
    const opcode *op =
        bsearch(name, opcodes, sizeof(opcodes) / sizeof(opcodes[0]),
                sizeof(opcodes[0]), compare_name);
    return op != NULL ? op->kind : UNKNOWN;
}

static bool
goto_is_bounded(const program *prog, int at)
{
    const instruction *code = prog->code;
    if (code[at].p2 > at) {
        return true;
    }
    return !prog->called && at == prog->length - 1 && code[at].p2 == 1 &&
           code[0].p2 > 1 && at > code[0].p2;
}

static bool
loop_is_bounded(const program *prog, int at)
{
    const instruction *code = prog->code;
    int cursor = code[at].p1;
    bool own = false;
    for (int i = 0; i < prog->length; i++) {
        if (code[i].p1 != cursor) {
            continue;
        }
        if (code[i].kind == EPHEMERAL) {
            own = true;
        }
        else if (code[i].kind == FILL && i >= code[at].p2 && i < at) {
            return false; /* it feeds itself */
        }
    }
    return own;
}

static bool
program_is_bounded(const program *prog)
{
    for (int at = 0; at < prog->length; at++) {
        const instruction *op = &prog->code[at];
        bool forward = op->p2 == 0 || op->p2 > at;
        bool fine = false;
        switch (op->kind) {
        case STRAIGHT:
        case EPHEMERAL:
        case FILL:
            fine = true;
            break;
        case FORWARD:
            fine = forward;
            break;
        case CALL:
            fine = forward && !prog->called;
            break;
        case GOTO:
            fine = goto_is_bounded(prog, at);
            break;
        case LOOP:
            fine = loop_is_bounded(prog, at);
            break;
        case UNKNOWN:
            break;
        }
        if (!fine) {
            return false;
        }
    }
    return true;
}

/* Judges each program of the listing; reads it to its end all the same. */
static sac_bound
read_listing(sqlite3_stmt *listing, program *prog, bool *home)
{
    sac_bound bound = SAC_BOUND_FIXED;
    prog->called = false;
    prog->length = 0;
    int rc;
    while ((rc = sqlite3_step(listing)) == SQLITE_ROW) {
        const char *name = (const char *)sqlite3_column_text(listing, 1);
        if (name == NULL) {
            return SAC_BOUND_UNKNOWN;
        }
        if (strcmp(name, "Function") == 0 || strcmp(name, "PureFunc") == 0) {
            *home = *home || sac_functions_at_home((
                                 const char *)sqlite3_column_text(listing, 5));
        }
        if (sqlite3_column_int(listing, 0) == 0 && prog->length > 0) {
            if (!program_is_bounded(prog)) {
                bound = SAC_BOUND_NONE;
            }
            prog->called = true;
            prog->length = 0;
        }
        if (prog->length == LONGEST) {
            bound = SAC_BOUND_NONE;
        }
        if (bound == SAC_BOUND_NONE) {
            continue;
        }
        prog->code[prog->length++] = (instruction){
            .kind = kind_of(name),
            .p1 = sqlite3_column_int(listing, 2),
            .p2 = sqlite3_column_int(listing, 3),
        };
    }
    if (rc != SQLITE_DONE) {
        return SAC_BOUND_UNKNOWN;
    }
    return program_is_bounded(prog) ? bound : SAC_BOUND_NONE;
}

sac_bound
sac_program_bound(sqlite3 *db, const char *sql, bool *home)
{
    static const char prefix[] = "EXPLAIN ";
    sac_bound bound = SAC_BOUND_UNKNOWN;
    *home = false;
    sqlite3_stmt *listing = NULL;
    sql = sac_sql_skip_blank(sql); /* a semicolon would end the EXPLAIN */
    size_t length = strlen(sql);
    char *text = sac_malloc(sizeof(prefix) + length);
    program *prog = sac_malloc(sizeof(*prog));
    if (text != NULL && prog != NULL) {
        memcpy(text, prefix, sizeof(prefix) - 1);
        memcpy(text + sizeof(prefix) - 1, sql, length + 1);
        if (sqlite3_prepare_v2(db, text, -1, &listing, NULL) == SQLITE_OK) {
            bound = read_listing(listing, prog, home);
        }
        /* Its result repeats that of the last step, which was looked at. */
        (void)sqlite3_finalize(listing);
    }
    sac_free(prog);
    sac_free(text);
    return bound;
}
