/* Reading ahead for libssh, which polls and receives once for every 4 KiB. A program that links this file gives the
 * process its own poll(), recv(), send() and close(): on the one socket that a thread has named they fetch 256 KiB at a
 * time and hand it out from memory; on every other descriptor, and in every other thread, they are the system's.
 * Only for programs: a library must not replace functions of the process that it is loaded into.
 *
 * libssh also polls after every send() for whether there is room for more. After one that took everything, the next
 * poll() on that socket answers yes without asking the system; if that was wrong, send() answers that it took nothing.
 * And libssh sends the first packet of a large answer alone, then, after such a poll, all the others together: a send()
 * of one full packet takes nothing once, so that it leaves with those behind it.
 */
#ifndef HY_SERVER_READAHEAD_H
#define HY_SERVER_READAHEAD_H

/* From now on this thread reads ahead on fd, a stream socket that only this thread reads and that is read with recv()
 * and without flags. One socket a thread; naming another forgets the one before. */
void hy_readahead_begin(int fd);

/* Ends it and frees the memory. What was read ahead and not asked for is lost, so this comes when the socket is not
 * read any more. Closing the socket in this thread does the same. Memory is also given back when nothing came for as
 * long as a poll() waited. */
void hy_readahead_end(void);

#endif
