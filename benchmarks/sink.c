/* A mail server for benchmarks: takes letters as fast as the kernel hands them over, keeps none.

   sink [--port N] [--chunking] [--delay-ms N]

   Listens on 127.0.0.1 and prints the port. One process, one thread, epoll. Offers PIPELINING,
   SIZE, 8BITMIME, SMTPUTF8, and CHUNKING when told to. With a delay every reply leaves that much
   later, which stands for the way there and back. XSTAT answers, and SIGTERM prints:
   letters, octets of text, recipients, microseconds of CPU. */

#define _GNU_SOURCE
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

enum {
    MOST_CONNECTIONS = 1024,
    LONGEST_COMMAND = 4096,
    MOST_ANSWERS = 16384, /* octets of replies to what one read brought */
    CHUNK = 262144,
    BLOCK = 64,
    END_OF_TEXT = 5 /* CR LF . CR LF */
};

typedef enum { COMMAND, TEXT, BINARY } Mode;

typedef struct {
    int fd; /* -1: free */
    uint32_t generation; /* tells a late answer for a closed connection from its successor's */
    Mode mode;
    bool has_sender, in_bdat, last_chunk, refused, closing;
    uint64_t recipients, chunk_left;
    size_t matched; /* octets of CR LF . CR LF that the text so far ends with */
    size_t held; /* octets of a command whose line end has not come */
    char command[LONGEST_COMMAND];
    size_t answers;
    char answer[MOST_ANSWERS];
} Connection;

typedef struct Delayed {
    struct Delayed *next;
    struct timespec due;
    int slot;
    uint32_t generation;
    bool closing;
    size_t size;
    char text[];
} Delayed;

static Connection connections[MOST_CONNECTIONS];
static char buffer[CHUNK];
static Delayed *first, *last; /* one delay for all, so the queue is in order of time */
static uint64_t letters, octets, recipients;
static bool chunking;
static long delay_ms;
static int poller, timer;
static volatile sig_atomic_t stopped;

static void die(const char *what) {
    perror(what);
    exit(1);
}

static void stop(int number) {
    (void)number;
    stopped = 1;
}

static long long cpu_us(void) {
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    return (usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1000000LL + usage.ru_utime.tv_usec +
           usage.ru_stime.tv_usec;
}

static void hang_up(Connection *c) {
    close(c->fd);
    c->fd = -1;
    c->generation++;
}

/* Send now; who does not read its answers is cut off. */
static void deliver(Connection *c, const char *text, size_t size, bool closing) {
    if (send(c->fd, text, size, MSG_NOSIGNAL) != (ssize_t)size || closing)
        hang_up(c);
}

static void arm(void) {
    struct itimerspec when = {.it_value = first ? first->due : (struct timespec){0}};
    timerfd_settime(timer, TFD_TIMER_ABSTIME, &when, NULL);
}

static void deliver_later(Connection *c) {
    Delayed *d = malloc(sizeof *d + c->answers);
    if (!d)
        die("malloc");
    clock_gettime(CLOCK_MONOTONIC, &d->due);
    d->due.tv_nsec += (delay_ms % 1000) * 1000000;
    d->due.tv_sec += delay_ms / 1000 + d->due.tv_nsec / 1000000000;
    d->due.tv_nsec %= 1000000000;
    d->next = NULL;
    d->slot = (int)(c - connections);
    d->generation = c->generation;
    d->closing = c->closing;
    d->size = c->answers;
    memcpy(d->text, c->answer, c->answers);
    if (last)
        last->next = d;
    else
        first = d;
    last = d;
    if (first == d)
        arm();
}

static void deliver_due(void) {
    uint64_t expirations;
    struct timespec now;
    (void)!read(timer, &expirations, sizeof expirations);
    clock_gettime(CLOCK_MONOTONIC, &now);
    while (first && (first->due.tv_sec < now.tv_sec ||
                     (first->due.tv_sec == now.tv_sec && first->due.tv_nsec <= now.tv_nsec))) {
        Delayed *d = first;
        Connection *c = &connections[d->slot];
        if (c->fd >= 0 && c->generation == d->generation)
            deliver(c, d->text, d->size, d->closing);
        first = d->next;
        if (!first)
            last = NULL;
        free(d);
    }
    arm();
}

static void answer(Connection *c, const char *text) {
    size_t size = strlen(text);
    if (c->answers + size > MOST_ANSWERS) {
        c->closing = true;
        return;
    }
    memcpy(c->answer + c->answers, text, size);
    c->answers += size;
}

static void flush(Connection *c) {
    if (c->answers && delay_ms)
        deliver_later(c);
    else if (c->answers)
        deliver(c, c->answer, c->answers, c->closing);
    else if (c->closing)
        hang_up(c);
    c->answers = 0;
}

static void forget(Connection *c) {
    c->has_sender = c->in_bdat = false;
    c->recipients = 0;
}

static void accept_letter(Connection *c) {
    letters++;
    recipients += c->recipients;
    forget(c);
    char text[64]; /* no two alike, as with servers that tell a letter's name in their queue */
    snprintf(text, sizeof text, "250 2.0.0 Ok: queued as %llX\r\n", (unsigned long long)letters);
    answer(c, text);
}

static void begin_chunk(Connection *c, const char *line) {
    char word[8] = "";
    unsigned long long size = 0;
    if (sscanf(line + 4, "%llu %7s", &size, word) < 1) {
        answer(c, "501 5.5.4 BDAT takes a size\r\n");
        return;
    }
    c->refused = !c->recipients; /* the octets come all the same (RFC 3030 section 2) */
    c->in_bdat = !c->refused;
    c->chunk_left = size;
    c->last_chunk = !strcasecmp(word, "LAST");
    c->mode = BINARY;
}

static void end_chunk(Connection *c) {
    c->mode = COMMAND;
    if (c->refused)
        answer(c, "503 5.5.1 no recipient\r\n");
    else if (c->last_chunk)
        accept_letter(c);
    else
        answer(c, "250 2.0.0 go on\r\n");
}

static void state(char *text, size_t size, const char *before) {
    snprintf(text, size, "%s%llu %llu %llu %lld\r\n", before, (unsigned long long)letters,
             (unsigned long long)octets, (unsigned long long)recipients, cpu_us());
}

static bool is(const char *line, const char *word) {
    return !strncasecmp(line, word, strlen(word));
}

static void hello(Connection *c) {
    forget(c);
    answer(c, "250-sink\r\n250-PIPELINING\r\n250-SIZE 52428800\r\n250-8BITMIME\r\n");
    if (chunking)
        answer(c, "250-CHUNKING\r\n");
    answer(c, "250 SMTPUTF8\r\n");
}

static void mail(Connection *c, const char *line) {
    if (is(line, "MAIL FROM:") && !c->has_sender) {
        c->has_sender = true;
        answer(c, "250 2.1.0 ok\r\n");
    } else if (is(line, "RCPT TO:") && c->has_sender && !c->in_bdat) {
        c->recipients++;
        answer(c, "250 2.1.5 ok\r\n");
    } else if (!strcasecmp(line, "DATA") && c->recipients && !c->in_bdat) {
        c->mode = TEXT;
        c->matched = 2; /* a text may begin with its end: CR LF was before it */
        answer(c, "354 go on\r\n");
    } else {
        answer(c, "503 5.5.1 not now\r\n");
    }
}

static void obey(Connection *c, const char *line) {
    char text[128];
    if (is(line, "MAIL") || is(line, "RCPT") || is(line, "DATA")) {
        mail(c, line);
    } else if (chunking && is(line, "BDAT ")) {
        begin_chunk(c, line);
    } else if (is(line, "EHLO ")) {
        hello(c);
    } else if (is(line, "HELO ") || !strcasecmp(line, "RSET")) {
        forget(c);
        answer(c, "250 2.0.0 ok\r\n");
    } else if (is(line, "NOOP")) {
        answer(c, "250 2.0.0 ok\r\n");
    } else if (!strcasecmp(line, "XSTAT")) {
        state(text, sizeof text, "250 ");
        answer(c, text);
    } else if (!strcasecmp(line, "QUIT")) {
        c->closing = true;
        answer(c, "221 2.0.0 bye\r\n");
    } else {
        answer(c, "500 5.5.2 not understood\r\n");
    }
}

/* Return how many octets of `data` belong to commands that were obeyed. */
static size_t take_command(Connection *c, const char *data, size_t size) {
    const char *end = memchr(data, '\n', size);
    size_t length = end ? (size_t)(end - data) + 1 : size;
    if (c->held + length >= LONGEST_COMMAND) {
        c->closing = true;
        answer(c, "500 5.5.2 line too long\r\n");
        return size;
    }
    memcpy(c->command + c->held, data, length);
    c->held += length;
    if (end) {
        while (c->held && (c->command[c->held - 1] == '\n' || c->command[c->held - 1] == '\r'))
            c->held--;
        c->command[c->held] = 0;
        c->held = 0;
        obey(c, c->command);
    }
    return length;
}

/* Return where a line that begins with a dot may be; the compiler makes vectors of the blocks. */
static size_t find_dot_line(const char *data, size_t from, size_t size) {
    for (; from + BLOCK < size; from += BLOCK) {
        unsigned char any = 0;
        for (int n = 0; n < BLOCK; n++)
            any |= (unsigned char)((data[from + n] == '\n') & (data[from + n + 1] == '.'));
        if (any)
            break;
    }
    return from;
}

/* Return the octets up to and with the end of the text, 0 when it is not in `data`. */
static size_t find_end(const char *data, size_t size) {
    size_t from = 0;
    while (from < size) {
        size_t near = find_dot_line(data, from, size);
        size_t start = near ? near - 1 : 0;
        size_t stretch = near + BLOCK + END_OF_TEXT < size ? near + BLOCK + END_OF_TEXT : size;
        const char *end = memmem(data + start, stretch - start, "\r\n.\r\n", END_OF_TEXT);
        if (end)
            return (size_t)(end - data) + END_OF_TEXT;
        from = near + BLOCK;
    }
    return 0;
}

/* Go on with an end of text that is split between two reads; return the octets looked at. */
static size_t resume_end(Connection *c, const char *data, size_t size) {
    static const char end[] = "\r\n.\r\n";
    size_t used = 0;
    while (c->matched && used < size) {
        if (data[used] == end[c->matched]) {
            used++;
            if (++c->matched == END_OF_TEXT)
                return used;
        } else {
            /* After CR LF . CR only CR LF can go on; CR alone may begin anew. */
            c->matched = data[used] == '\r';
            used++;
        }
    }
    return used;
}

static size_t end_with(const char *data, size_t size) {
    for (size_t length = size < 4 ? size : 4; length; length--)
        if (!memcmp(data + size - length, "\r\n.\r\n", length))
            return length;
    return 0;
}

static size_t take_text(Connection *c, const char *data, size_t size) {
    size_t used = resume_end(c, data, size);
    if (c->matched != END_OF_TEXT && used < size) {
        size_t end = find_end(data + used, size - used);
        c->matched = end ? END_OF_TEXT : end_with(data + used, size - used);
        used = end ? used + end : size;
    }
    octets += used;
    if (c->matched == END_OF_TEXT) {
        c->mode = COMMAND;
        accept_letter(c);
    }
    return used;
}

static size_t take_binary(Connection *c, size_t size) {
    size_t used = size < c->chunk_left ? size : (size_t)c->chunk_left;
    octets += used;
    c->chunk_left -= used;
    return used;
}

static void take(Connection *c, const char *data, size_t size) {
    while (size && !c->closing) {
        size_t used = c->mode == COMMAND ? take_command(c, data, size)
                      : c->mode == TEXT  ? take_text(c, data, size)
                                         : take_binary(c, size);
        if (c->mode == BINARY && !c->chunk_left)
            end_chunk(c);
        data += used;
        size -= used;
    }
    flush(c);
}

static void read_from(Connection *c) {
    ssize_t size = recv(c->fd, buffer, sizeof buffer, MSG_DONTWAIT);
    if (size > 0)
        take(c, buffer, (size_t)size);
    else if (size == 0 || (errno != EAGAIN && errno != EINTR))
        hang_up(c);
}

static void greet(int listener) {
    int slot = 0, one = 1;
    int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (fd < 0)
        return;
    while (slot < MOST_CONNECTIONS && connections[slot].fd >= 0)
        slot++;
    if (slot == MOST_CONNECTIONS) {
        close(fd);
        return;
    }
    Connection *c = &connections[slot];
    uint32_t generation = c->generation;
    memset(c, 0, offsetof(Connection, command));
    c->answers = 0;
    c->fd = fd;
    c->generation = generation;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    struct epoll_event event = {.events = EPOLLIN, .data.u32 = (uint32_t)slot};
    if (epoll_ctl(poller, EPOLL_CTL_ADD, fd, &event))
        die("epoll_ctl");
    answer(c, "220 sink ESMTP\r\n");
    flush(c);
}

static int listen_on(int port) {
    int one = 1, fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_port = htons((uint16_t)port),
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof address;
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    if (bind(fd, (struct sockaddr *)&address, size) || listen(fd, 512) ||
        getsockname(fd, (struct sockaddr *)&address, &size))
        die("listen on 127.0.0.1");
    printf("%d\n", ntohs(address.sin_port));
    fflush(stdout);
    return fd;
}

static void watch(int fd, uint32_t number) {
    struct epoll_event event = {.events = EPOLLIN, .data.u32 = number};
    if (epoll_ctl(poller, EPOLL_CTL_ADD, fd, &event))
        die("epoll_ctl");
}

static void serve(int listener) {
    enum { LISTENER = MOST_CONNECTIONS, TIMER, EVENTS = 64 };
    struct epoll_event events[EVENTS];
    watch(listener, LISTENER);
    watch(timer, TIMER);
    while (!stopped) {
        int count = epoll_wait(poller, events, EVENTS, -1);
        for (int n = 0; n < count; n++) {
            uint32_t number = events[n].data.u32;
            if (number == LISTENER)
                greet(listener);
            else if (number == TIMER)
                deliver_due();
            else if (connections[number].fd >= 0)
                read_from(&connections[number]);
        }
    }
}

int main(int count, char **words) {
    int port = 0;
    char text[128];
    for (int n = 1; n < count; n++) {
        bool has_value = n + 1 < count;
        if (!strcmp(words[n], "--chunking")) {
            chunking = true;
        } else if (!strcmp(words[n], "--port") && has_value) {
            port = atoi(words[++n]);
        } else if (!strcmp(words[n], "--delay-ms") && has_value) {
            delay_ms = atol(words[++n]);
        } else {
            fprintf(stderr, "sink [--port N] [--chunking] [--delay-ms N]\n");
            return 2;
        }
    }
    for (int slot = 0; slot < MOST_CONNECTIONS; slot++)
        connections[slot].fd = -1;
    signal(SIGPIPE, SIG_IGN);
    sigaction(SIGTERM, &(struct sigaction){.sa_handler = stop}, NULL);
    sigaction(SIGINT, &(struct sigaction){.sa_handler = stop}, NULL);
    poller = epoll_create1(EPOLL_CLOEXEC);
    timer = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
    if (poller < 0 || timer < 0)
        die("epoll");
    serve(listen_on(port));
    state(text, sizeof text, "");
    fputs(text, stdout);
    return 0;
}
