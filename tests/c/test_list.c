/* base/list.h: the intrusive list. */
#include "test.h"

#include "base/list.h"

typedef struct item {
    int64_t padding; /* the node is not the first member */
    sac_list node;
    char letter;
} item;

static item items[4];

static void
reset(sac_list *head)
{
    sac_list_init(head);
    for (int i = 0; i < 4; i++) {
        items[i].letter = (char)('a' + i);
        sac_list_init(&items[i].node);
    }
}

/* -> borrowed from a static buffer: the letters in order; checks that the
 * way back is the same. */
static const char *
letters(const sac_list *head)
{
    static char text[8];
    size_t length = 0;
    for (const sac_list *node = head->next; node != head; node = node->next) {
        text[length++] =
            items[((size_t)((const char *)node - (const char *)items)) /
                  sizeof(item)]
                .letter;
    }
    text[length] = '\0';
    for (const sac_list *node = head->prev; node != head; node = node->prev) {
        length--;
    }
    CHECK_INT(length, 0);
    return text;
}

static void
test_push_and_take(void)
{
    sac_list head;
    reset(&head);
    CHECK(sac_list_empty(&head));
    CHECK(sac_list_take_front(&head) == NULL);
    sac_list_push_back(&head, &items[1].node);
    sac_list_push_back(&head, &items[2].node);
    sac_list_push_front(&head, &items[0].node);
    CHECK_STR(letters(&head), "abc");
    CHECK(!sac_list_empty(&head));
    sac_list *node = sac_list_take_front(&head);
    CHECK(SAC_CONTAINER(node, item, node) == &items[0]);
    CHECK(sac_list_empty(node));
    CHECK_STR(letters(&head), "bc");
    CHECK(sac_list_take_front(&head) == &items[1].node);
    CHECK(sac_list_take_front(&head) == &items[2].node);
    CHECK(sac_list_empty(&head));
}

static void
test_remove_twice_is_harmless(void)
{
    sac_list head;
    reset(&head);
    for (int i = 0; i < 3; i++) {
        sac_list_push_back(&head, &items[i].node);
    }
    sac_list_remove(&items[1].node);
    sac_list_remove(&items[1].node);
    CHECK_STR(letters(&head), "ac");
    CHECK(sac_list_empty(&items[1].node));
    sac_list_push_front(&head, &items[1].node);
    CHECK_STR(letters(&head), "bac");
}

static void
test_move(void)
{
    sac_list to;
    sac_list from;
    reset(&to);
    sac_list_init(&from);
    sac_list_move(&to, &from);
    CHECK(sac_list_empty(&to));
    sac_list_push_back(&from, &items[0].node);
    sac_list_push_back(&from, &items[1].node);
    sac_list_move(&to, &from);
    CHECK_STR(letters(&to), "ab");
    CHECK(sac_list_empty(&from));
    sac_list_push_back(&from, &items[2].node);
    sac_list_push_back(&from, &items[3].node);
    sac_list_move(&to, &from);
    CHECK_STR(letters(&to), "abcd");
    CHECK(sac_list_empty(&from));
    sac_list_move(&to, &from);
    CHECK_STR(letters(&to), "abcd");
}

TEST_MAIN({"push_and_take", test_push_and_take},
          {"remove_twice_is_harmless", test_remove_twice_is_harmless},
          {"move", test_move})
