#include "core/server/padding.h"

#include <openssl/crypto.h>
#include <openssl/rand.h>
#include <pthread.h>
#include <stdbool.h>
#include <string.h>

enum { STOCK = 512 };

static __thread struct {
    bool on;
    size_t left; /* the first that many bytes were not handed out yet */
    unsigned char bytes[STOCK];
} here;

static void empty(void)
{
    OPENSSL_cleanse(here.bytes, sizeof here.bytes);
    here.left = 0;
}

static void prepare(void)
{
    (void)pthread_atfork(NULL, NULL, empty); /* the child has this thread alone */
}

void hy_padding_begin(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;

    (void)pthread_once(&once, prepare);
    here.on = true;
}

void hy_padding_end(void)
{
    empty();
    here.on = false;
}

int RAND_bytes(unsigned char *buf, int num)
{
    size_t n = num > 0 ? (size_t)num : 0;

    if (!here.on || n > HY_PADDING_MOST || num < 0)
        return num < 0 ? 0 : RAND_bytes_ex(NULL, buf, n, 0);
    if (here.left < n) {
        here.left = 0;
        if (RAND_bytes_ex(NULL, here.bytes, STOCK, 0) <= 0)
            return 0;
        here.left = STOCK;
    }
    here.left -= n;
    memcpy(buf, here.bytes + here.left, n);
    OPENSSL_cleanse(here.bytes + here.left, n);
    return 1;
}
