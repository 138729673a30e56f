/* base/memory.h: counting and failure injection; base/hash.h. */
#include "test.h"

#include "base/hash.h"
#include "base/sync.h"

static void
test_blocks_are_counted(void)
{
    int64_t before = sac_memory_blocks();
    void *one = sac_malloc(10);
    void *two = sac_calloc(3, 4);
    char *three = sac_strndup("abcdef", 3);
    void *four = sac_realloc(NULL, 5);
    CHECK_INT(sac_memory_blocks(), before + 4);
    CHECK_STR(three, "abc");
    one = sac_realloc(one, 100000);
    CHECK(one != NULL);
    CHECK_INT(sac_memory_blocks(), before + 4);
    sac_free(one);
    sac_free(two);
    sac_free(three);
    sac_free(four);
    sac_free(NULL);
    CHECK_INT(sac_memory_blocks(), before);
}

static void
test_content(void)
{
    unsigned char *zeros = sac_calloc(8, 8);
    if (CHECK(zeros != NULL)) {
        int sum = 0;
        for (int i = 0; i < 64; i++) {
            sum += zeros[i];
        }
        CHECK_INT(sum, 0);
    }
    sac_free(zeros);
    char *text = sac_malloc(4);
    if (CHECK(text != NULL)) {
        memcpy(text, "abc", 4);
        text = sac_realloc(text, 50000);
        CHECK_STR(text, "abc");
    }
    sac_free(text);
    char *embedded = sac_strndup("a\0b", 3);
    if (CHECK(embedded != NULL)) {
        CHECK(memcmp(embedded, "a\0b", 4) == 0);
    }
    sac_free(embedded);
    char *empty = sac_strndup("x", 0);
    CHECK_STR(empty, "");
    sac_free(empty);
}

static void
test_size_zero_is_a_block(void)
{
    void *one = sac_malloc(0);
    void *two = sac_calloc(0, 8);
    void *three = sac_realloc(sac_malloc(8), 0);
    CHECK(one != NULL);
    CHECK(two != NULL);
    CHECK(three != NULL);
    sac_free(one);
    sac_free(two);
    sac_free(three);
}

static void
test_impossible_sizes_fail(void)
{
    int64_t before = sac_memory_blocks();
    /* Volatile: the compiler must not see a size that it would refuse. */
    volatile size_t huge = SIZE_MAX;
    CHECK(sac_strndup("x", huge) == NULL);
    CHECK_INT(sac_memory_blocks(), before);
}

static void
test_fail_once(void)
{
    sac_memory_fail_after(2, false);
    void *blocks[4];
    for (int i = 0; i < 4; i++) {
        blocks[i] = sac_malloc(1);
    }
    CHECK(blocks[0] != NULL && blocks[1] != NULL);
    CHECK(blocks[2] == NULL);
    CHECK(blocks[3] != NULL);
    CHECK_INT(sac_memory_failures(), 1);
    for (int i = 0; i < 4; i++) {
        sac_free(blocks[i]);
    }
}

static void
test_fail_forever_until_disarmed(void)
{
    char *text = sac_strndup("keep", 4);
    sac_memory_fail_after(0, true);
    CHECK(sac_malloc(1) == NULL);
    CHECK(sac_calloc(1, 1) == NULL);
    CHECK(sac_strndup("x", 1) == NULL);
    CHECK(sac_realloc(NULL, 1) == NULL);
    CHECK(sac_realloc(text, 100) == NULL);
    CHECK_STR(text, "keep");
    CHECK_INT(sac_memory_failures(), 5);
    sac_memory_fail_after(-1, false);
    CHECK_INT(sac_memory_failures(), 5);
    void *block = sac_malloc(1);
    CHECK(block != NULL);
    sac_free(block);
    sac_free(text);
    sac_memory_fail_after(1000, false);
    CHECK_INT(sac_memory_failures(), 0);
}

static void *
allocate_many(void *arg)
{
    atomic_int *failures = arg;
    for (int i = 0; i < 5000; i++) {
        void *block = sac_malloc(8);
        if (block == NULL) {
            atomic_fetch_add(failures, 1);
        }
        sac_free(block);
    }
    return NULL;
}

static void
test_once_is_once_with_threads(void)
{
    atomic_int failures = 0;
    sac_thread threads[4];
    sac_memory_fail_after(7000, false);
    for (int i = 0; i < 4; i++) {
        CHECK_INT(sac_thread_start(&threads[i], allocate_many, &failures), 0);
    }
    for (int i = 0; i < 4; i++) {
        sac_thread_join(&threads[i]);
    }
    CHECK_INT(atomic_load(&failures), 1);
    CHECK_INT(sac_memory_failures(), 1);
}

static void
test_hash(void)
{
    const char text[] = "SELECT id, name FROM user WHERE id = ?";
    size_t length = sizeof(text) - 1;
    uint64_t whole = sac_hash_bytes(text, length);
    CHECK(whole == sac_hash_bytes(text, length));
    /* Not aligned: the value depends on the bytes alone. */
    char shifted[sizeof(text) + 1];
    memcpy(shifted + 1, text, sizeof(text));
    CHECK(whole == sac_hash_bytes(shifted + 1, length));
    CHECK(sac_hash_bytes("a", 1) != sac_hash_bytes("a\0", 2));
    CHECK(sac_hash_bytes("", 0) != sac_hash_bytes("\0", 1));
    /* One bit anywhere changes it, in the low and in the high half. */
    int low_same = 0;
    int high_same = 0;
    for (size_t i = 0; i < length * 8; i++) {
        char other[sizeof(text)];
        memcpy(other, text, sizeof(text));
        other[i / 8] = (char)(other[i / 8] ^ (1 << (i % 8)));
        uint64_t hash = sac_hash_bytes(other, length);
        CHECK(hash != whole);
        low_same += (hash & 0xffff) == (whole & 0xffff);
        high_same += (hash >> 48) == (whole >> 48);
    }
    CHECK(low_same <= 1);
    CHECK(high_same <= 1);
}

TEST_MAIN({"blocks_are_counted", test_blocks_are_counted},
          {"content", test_content},
          {"size_zero_is_a_block", test_size_zero_is_a_block},
          {"impossible_sizes_fail", test_impossible_sizes_fail},
          {"fail_once", test_fail_once},
          {"fail_forever_until_disarmed", test_fail_forever_until_disarmed},
          {"once_is_once_with_threads", test_once_is_once_with_threads},
          {"hash", test_hash})
