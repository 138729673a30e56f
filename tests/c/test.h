/* The harness of the C tests: a header, so that a test program is one file.
 *
 * A test is a function; CHECK* note a failure and go on, so that a test runs
 * to its clean-up.  They may be used on any thread.  After each test the
 * number of live blocks must be what it was before: a leak is a failure of
 * the test that made it.
 *
 *     static void
 *     test_something(void)
 *     {
 *         CHECK(1 + 1 == 2);
 *     }
 *
 *     TEST_MAIN({"something", test_something})
 *
 * Arguments of the program name the tests to run; none means all. */
#ifndef SAC_TESTS_TEST_H
#define SAC_TESTS_TEST_H

#include <inttypes.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

typedef struct test_case {
    const char *name;
    void (*run)(void);
} test_case;

static atomic_int test_check_failures; /* in the running test */

static inline bool
test_note(bool ok, const char *file, int line, const char *text)
{
    if (!ok) {
        atomic_fetch_add(&test_check_failures, 1);
        (void)fprintf(stderr, "%s:%d: failed: %s\n", file, line, text);
    }
    return ok;
}

static inline bool
test_note_int(int64_t got, int64_t wanted, const char *file, int line,
              const char *text)
{
    bool ok = test_note(got == wanted, file, line, text);
    if (!ok) {
        (void)fprintf(stderr, "    got %" PRId64 ", wanted %" PRId64 "\n", got,
                      wanted);
    }
    return ok;
}

static inline bool
test_note_str(const char *got, const char *wanted, const char *file, int line,
              const char *text)
{
    bool same = got != NULL && wanted != NULL ? strcmp(got, wanted) == 0
                                              : got == wanted;
    bool ok = test_note(same, file, line, text);
    if (!ok) {
        (void)fprintf(stderr, "    got \"%s\", wanted \"%s\"\n",
                      got != NULL ? got : "(null)",
                      wanted != NULL ? wanted : "(null)");
    }
    return ok;
}

/* Each is true when it held, for `if (!CHECK(...)) { clean up }`. */
#define CHECK(condition) \
    test_note((condition) ? true : false, __FILE__, __LINE__, #condition)
#define CHECK_INT(got, wanted)                                           \
    test_note_int((int64_t)(got), (int64_t)(wanted), __FILE__, __LINE__, \
                  #got " == " #wanted)
#define CHECK_STR(got, wanted) \
    test_note_str((got), (wanted), __FILE__, __LINE__, #got " == " #wanted)

static inline bool
test_is_chosen(const test_case *test, int argc, char **argv)
{
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], test->name) == 0) {
            return true;
        }
    }
    return argc <= 1;
}

/* -> exit status of the program. */
static inline int
test_run_all(const test_case *tests, size_t count, int argc, char **argv)
{
    int passed = 0;
    int failed = 0;
    for (size_t i = 0; i < count; i++) {
        if (!test_is_chosen(&tests[i], argc, argv)) {
            continue;
        }
        int64_t blocks = sac_memory_blocks();
        atomic_store(&test_check_failures, 0);
        tests[i].run();
        sac_memory_fail_after(-1, false);
        CHECK_INT(sac_memory_blocks(), blocks);
        if (atomic_load(&test_check_failures) == 0) {
            passed++;
        }
        else {
            failed++;
            (void)fprintf(stderr, "FAILED %s\n", tests[i].name);
        }
    }
    (void)printf("%d passed, %d failed\n", passed, failed);
    /* A name that matches nothing must not look like success. */
    return failed == 0 && passed > 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

#define TEST_MAIN(...)                                                     \
    int main(int argc, char **argv)                                        \
    {                                                                      \
        static const test_case tests[] = {__VA_ARGS__};                    \
        return test_run_all(tests, sizeof(tests) / sizeof(tests[0]), argc, \
                            argv);                                         \
    }

#endif
