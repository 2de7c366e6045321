/* daemon.c: a program that runs until a signal stops it. */

#include "fcgi_core/daemon.h"

#include <poll.h>
#include <stddef.h>
#include <time.h>

#define MS 1000

volatile sig_atomic_t daemon_is_stopped;


static void
stop_note(int signal_number)
{
    (void)signal_number;
    daemon_is_stopped = 1;
}


void
daemon_open(void)
{
    struct sigaction stop = { .sa_handler = stop_note, .sa_flags = SA_RESTART };
    struct sigaction ignore = { .sa_handler = SIG_IGN };

    sigaction(SIGTERM, &stop, NULL);
    sigaction(SIGINT, &stop, NULL);
    sigaction(SIGHUP, &ignore, NULL);
    sigaction(SIGPIPE, &ignore, NULL);
}


void
daemon_pause(long milliseconds)
{
    struct timespec time = { .tv_sec = milliseconds / MS,
                             .tv_nsec = milliseconds % MS * 1000000 };
    sigset_t stops, before;

    sigemptyset(&stops);
    sigaddset(&stops, SIGTERM);
    sigaddset(&stops, SIGINT);
    sigprocmask(SIG_BLOCK, &stops, &before);

    if (!daemon_is_stopped) {
        ppoll(NULL, 0, &time, &before);
    }

    sigprocmask(SIG_SETMASK, &before, NULL);
}
