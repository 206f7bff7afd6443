/* Random padding from a stock. libssh asks OpenSSL for the few random bytes that pad each packet, and OpenSSL's
 * generator costs the same microsecond and a half, with a system call, for one byte as for a hundred. A program that
 * links this file gives the process its own RAND_bytes(): in a thread that has begun, wants of up to HY_PADDING_MOST
 * bytes come from 512 that OpenSSL made at once; each byte is handed out once and wiped here. Larger ones, keys among
 * them, and those of every other thread go to OpenSSL one by one. A forked child starts with an empty stock.
 * Only for programs: a library must not replace functions of the process that it is loaded into. */
#ifndef HY_SERVER_PADDING_H
#define HY_SERVER_PADDING_H

/* RFC 4253, 6: at least four bytes, then up to the cipher's block. */
enum { HY_PADDING_MOST = 4 + 15 };

void hy_padding_begin(void);
/* What is left is wiped. */
void hy_padding_end(void);

#endif
