/* A small tokenizer of SQL, shared by text() and by dictionaries for raw
 * SQL.  Any thread.  It must agree with SQLite on where quotes and comments
 * end; everything else it only passes over. */
#include "bridge/scan.h"

#include <stddef.h>
#include <string.h>

static bool
is_digit(char c)
{
    return c >= '0' && c <= '9';
}

bool
sac_scan_word(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || is_digit(c) ||
           c == '_' || c == '$' || (unsigned char)c >= 0x80;
}

static const char *
after_char(const char *at, const char *end, char c)
{
    const char *found = memchr(at, c, (size_t)(end - at));
    return found == NULL ? end : found + 1;
}

/* A doubled quote inside looks like two texts side by side: same end. */
const char *
sac_scan_skip(const char *at, const char *end)
{
    char next = at + 1 < end ? at[1] : '\0';
    switch (*at) {
    case '\'':
    case '"':
    case '`':
        return after_char(at + 1, end, *at);
    case '[':
        return after_char(at + 1, end, ']');
    case '-':
        return next == '-' ? after_char(at + 2, end, '\n') : NULL;
    case '/':
        break;
    default:
        return NULL;
    }
    if (next != '*') {
        return NULL;
    }
    for (at += 2; at + 1 < end; at++) {
        if (at[0] == '*' && at[1] == '/') {
            return at + 2;
        }
    }
    return end;
}

/* What may follow a '(' in the name of a TCL array element. */
static const char *
after_parentheses(const char *at, const char *end)
{
    while (at < end && *at != ')' && strchr(" \t\n\f\r", *at) == NULL) {
        at++;
    }
    return at < end && *at == ')' ? at + 1 : NULL;
}

const char *
sac_scan_parameter(const char *at, const char *end)
{
    if (*at == '?') {
        for (at++; at < end && is_digit(*at); at++) {
        }
        return at;
    }
    bool named = false;
    for (at++; at < end; at++) {
        if (sac_scan_word(*at)) {
            named = true;
        }
        else if (*at == '(' && named) {
            return after_parentheses(at + 1, end);
        }
        else if (*at == ':' && at + 1 < end && at[1] == ':') {
            at++;
        }
        else {
            break;
        }
    }
    return named ? at : NULL;
}
