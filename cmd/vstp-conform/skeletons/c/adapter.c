/*
 * An adapter between vstp-conform and an implementation of VSTP in C.
 *
 * It reads one request a line on its standard input and writes one answer a line on
 * its standard output. Replace what decode() and encode() do by calls of your
 * implementation, and for a client what open_client() and on_connection() do. What an operation has to answer stands in the test contract
 * (vstp-conform init wrote its address into README.md).
 *
 * find() and number() know compact JSON only, as vstp-conform writes it.
 */
#define _POSIX_C_SOURCE 200809L

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NAME "my-vstp"
#define VERSION "0.0.1"

/* The text of a member such as "hex":"5654", which holds no quotes; its length in *n. */
static const char *find(const char *request, const char *member, size_t *n)
{
    char key[64];
    snprintf(key, sizeof key, "\"%s\":\"", member);
    const char *at = strstr(request, key);
    if (at == NULL)
        return NULL;
    at += strlen(key);
    const char *end = strchr(at, '"');
    if (end == NULL)
        return NULL;
    *n = (size_t)(end - at);
    return at;
}

/* The digits of a member such as "id":7; their number in *n. */
static const char *number(const char *request, const char *member, size_t *n)
{
    char key[64];
    snprintf(key, sizeof key, "\"%s\":", member);
    const char *at = strstr(request, key);
    if (at == NULL)
        return NULL;
    at += strlen(key);
    *n = strspn(at, "0123456789");
    return *n > 0 ? at : NULL;
}

static int nibble(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return -1;
}

/* The first octets of hex, at most size; -1 if it is malformed. */
static long octets(const char *hex, size_t n, unsigned char *into, size_t size)
{
    if (n % 2 != 0)
        return -1;
    for (size_t i = 0; i < n / 2; i++) {
        int high = nibble(hex[2 * i]), low = nibble(hex[2 * i + 1]);
        if (high < 0 || low < 0)
            return -1;
        if (i < size)
            into[i] = (unsigned char)(high << 4 | low);
    }
    return (long)(n / 2);
}

/* The answer is {"ok":true,MEMBERS} or, by the error's name, a refusal. */
static void succeed(const char *id, int digits, const char *members)
{
    printf("{\"ok\":true%s%.*s%s}\n", digits ? ",\"id\":" : "", digits, digits ? id : "", members);
}

static void refuse(const char *id, int digits, const char *name, const char *message)
{
    printf("{\"ok\":false%s%.*s,\"error\":\"%s\",\"message\":\"%s\"}\n",
           digits ? ",\"id\":" : "", digits, digits ? id : "", name, message);
}

static void decode(const char *request, const char *id, int digits)
{
    unsigned char fixed[11];
    size_t n = 0;
    const char *hex = find(request, "hex", &n);
    long count = hex == NULL ? -1 : octets(hex, n, fixed, sizeof fixed);
    if (count < 0)
        refuse(id, digits, "Protocol", "hex is missing or malformed");
    else if ((count >= 1 && fixed[0] != 'V') || (count >= 2 && fixed[1] != 'T'))
        refuse(id, digits, "InvalidMagic", "");
    else if (count >= 3 && fixed[2] != 1)
        refuse(id, digits, "InvalidVersion", "");
    else if (count < (long)sizeof fixed)
        refuse(id, digits, "Incomplete", "");
    else
        refuse(id, digits, "Unsupported", "decode() in adapter.c stops after the fixed part: call your decoder there");
}

static void encode(const char *id, int digits)
{
    refuse(id, digits, "Unsupported", "encode() in adapter.c does nothing yet: call your encoder there");
}

/* Keep what you open under a number: the answer has the member "conn". */
static void open_client(const char *id, int digits)
{
    refuse(id, digits, "Unsupported", "open_client() in adapter.c does nothing yet: open your client there");
}

/*
 * send, send_ack, recv, close and local_addr, on the connection "conn" of the request. A
 * recv or send_ack that waits must not hold up the requests behind it: once they do
 * something, answer each from a thread of its own, one line at a time.
 */
static void on_connection(const char *id, int digits)
{
    refuse(id, digits, "Unsupported", "on_connection() in adapter.c does nothing yet: call your client there");
}

static int is(const char *op, size_t n, const char *name)
{
    return op != NULL && n == strlen(name) && strncmp(op, name, n) == 0;
}

int main(void)
{
    char *line = NULL;
    size_t size = 0;
    while (getline(&line, &size, stdin) > 0) {
        size_t n = 0, digits = 0, version = 0;
        if (line[strspn(line, " \t\r\n")] == '\0')
            continue;
        const char *op = find(line, "op", &n);
        const char *id = number(line, "id", &digits);
        const char *protocol = number(line, "protocol", &version);
        int last = is(op, n, "stop");
        if (is(op, n, "start") && protocol != NULL && version == 1 && *protocol == '1')
            /* Add "varint" or "string" to the capabilities once you offer them, and leave out
             * the roles and transports that you do not have. */
            succeed(id, (int)digits, ",\"name\":\"" NAME "\",\"version\":\"" VERSION
                    "\",\"roles\":[\"codec\",\"client\"],\"capabilities\":[\"tcp\",\"udp\"]");
        else if (is(op, n, "start"))
            refuse(id, (int)digits, "Unsupported", "this adapter speaks version 1 of the protocol");
        else if (is(op, n, "decode"))
            decode(line, id, (int)digits);
        else if (is(op, n, "encode"))
            encode(id, (int)digits);
        else if (is(op, n, "connect"))
            open_client(id, (int)digits);
        else if (is(op, n, "send") || is(op, n, "send_ack") || is(op, n, "recv") || is(op, n, "close") || is(op, n, "local_addr"))
            on_connection(id, (int)digits);
        else if (last)
            succeed(id, (int)digits, "");
        else
            refuse(id, (int)digits, "Unsupported", "this adapter does not know the operation");
        /* Without flush the answer stays in a buffer, and that looks like a hang. */
        fflush(stdout);
        if (last)
            break;
    }
    free(line);
    return 0;
}
