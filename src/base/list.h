/* Intrusive doubly linked list.  A node that is in no list points at itself,
 * so unlinking twice is harmless and "is it queued?" is one comparison.  The
 * list does no locking: whoever owns the head says which mutex guards it. */
#ifndef SAC_BASE_LIST_H
#define SAC_BASE_LIST_H

#include <stdbool.h>
#include <stddef.h>

typedef struct sac_list {
    struct sac_list *next;
    struct sac_list *prev;
} sac_list;

#define SAC_CONTAINER(node, type, member) \
    ((type *)(void *)((char *)(node)-offsetof(type, member)))

static inline void
sac_list_init(sac_list *head)
{
    head->next = head;
    head->prev = head;
}

static inline bool
sac_list_empty(const sac_list *head)
{
    return head->next == head;
}

static inline void
sac_list_push_back(sac_list *head, sac_list *node)
{
    node->next = head;
    node->prev = head->prev;
    head->prev->next = node;
    head->prev = node;
}

static inline void
sac_list_push_front(sac_list *head, sac_list *node)
{
    node->prev = head;
    node->next = head->next;
    head->next->prev = node;
    head->next = node;
}

/* Leaves the node initialised, in no list. */
static inline void
sac_list_remove(sac_list *node)
{
    node->prev->next = node->next;
    node->next->prev = node->prev;
    sac_list_init(node);
}

/* -> the first node, unlinked, or NULL when the list is empty. */
static inline sac_list *
sac_list_take_front(sac_list *head)
{
    sac_list *node = head->next;
    if (node == head) {
        return NULL;
    }
    sac_list_remove(node);
    return node;
}

/* Moves every node of `from` to the end of `to`; `from` is empty after it. */
static inline void
sac_list_move(sac_list *to, sac_list *from)
{
    if (sac_list_empty(from)) {
        return;
    }
    from->next->prev = to->prev;
    to->prev->next = from->next;
    from->prev->next = to;
    to->prev = from->prev;
    sac_list_init(from);
}

#endif
