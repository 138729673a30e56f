/* Fingerprints: every word counts, in its place; strings do not run
 * together. */
#include "test.h"

#include "base/fingerprint.h"

enum { WORDS = 20000 };

static sac_fingerprint
of_words(const uint64_t *words, size_t count)
{
    sac_fingerprint print = {0, 0};
    for (size_t i = 0; i < count; i++) {
        sac_fingerprint_add(&print, words[i]);
    }
    return print;
}

static void
test_order_and_number_count(void)
{
    const uint64_t ab[] = {1, 2}, ba[] = {2, 1}, a0[] = {1, 0}, a[] = {1};
    sac_fingerprint one = of_words(ab, 2), other = of_words(ba, 2);
    CHECK(!sac_fingerprint_equal(&one, &other));
    one = of_words(a, 1);
    other = of_words(a0, 2);
    CHECK(!sac_fingerprint_equal(&one, &other));
    other = of_words(a, 1);
    CHECK(sac_fingerprint_equal(&one, &other));
}

static void
test_strings_do_not_run_together(void)
{
    sac_fingerprint one = {0, 0}, other = {0, 0};
    sac_fingerprint_add_bytes(&one, "ab", 2);
    sac_fingerprint_add_bytes(&one, "c", 1);
    sac_fingerprint_add_bytes(&other, "a", 1);
    sac_fingerprint_add_bytes(&other, "bc", 2);
    CHECK(!sac_fingerprint_equal(&one, &other));
    sac_fingerprint padded = {0, 0}, plain = {0, 0};
    sac_fingerprint_add_bytes(&padded, "a\0", 2);
    sac_fingerprint_add_bytes(&plain, "a", 1);
    CHECK(!sac_fingerprint_equal(&padded, &plain));
}

/* Neighbouring words are what programs give; each half alone must tell them
 * apart. */
static void
test_neighbours_differ_in_both_halves(void)
{
    static uint64_t low[WORDS], high[WORDS];
    for (uint64_t i = 0; i < WORDS; i++) {
        const uint64_t words[] = {7, i, 7};
        sac_fingerprint print = of_words(words, 3);
        low[i] = print.low;
        high[i] = print.high;
    }
    for (size_t i = 0; i < WORDS; i += 97) {
        for (size_t j = i + 1; j < WORDS; j++) {
            CHECK(low[i] != low[j]);
            CHECK(high[i] != high[j]);
        }
    }
}

static void
test_one_bit_changes_about_half_of_all(void)
{
    int changed = 0;
    for (int bit = 0; bit < 64; bit++) {
        const uint64_t plain[] = {12345, 6, 7};
        const uint64_t other[] = {12345 ^ (UINT64_C(1) << bit), 6, 7};
        sac_fingerprint a = of_words(plain, 3), b = of_words(other, 3);
        changed += __builtin_popcountll(a.low ^ b.low);
        changed += __builtin_popcountll(a.high ^ b.high);
    }
    int average = changed / 64;
    CHECK(average > 54 && average < 74);
}

TEST_MAIN({"order_and_number_count", test_order_and_number_count},
          {"strings_do_not_run_together", test_strings_do_not_run_together},
          {"neighbours_differ_in_both_halves",
           test_neighbours_differ_in_both_halves},
          {"one_bit_changes_about_half_of_all",
           test_one_bit_changes_about_half_of_all})
