/* The floor without an interpreter: one frame to every descriptor, nothing else.
 * Returns how many took the whole of it. */
#include <stddef.h>
#include <sys/socket.h>

int send_all(const int *descriptors, int count, const char *frame, size_t size)
{
    int whole = 0;
    for (int each = 0; each < count; each++)
        whole += send(descriptors[each], frame, size, MSG_DONTWAIT | MSG_NOSIGNAL) == (ssize_t)size;
    return whole;
}
