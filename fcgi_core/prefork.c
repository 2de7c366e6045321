/* prefork.c: a master and its processes behind one FastCGI socket. */

#include "fcgi_core/prefork.h"
#include "fcgi_core/clock.h"
#include "fcgi_core/fcgi.h"
#include "fcgi_core/listen.h"
#include "fcgi_core/log.h"
#include "fcgi_core/reply.h"
#include "fcgi_core/waiting.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

/* a process that lived so long did not fail at once */
#define SETTLED_MS 2000
#define DELAY_MIN_MS 100
#define DELAY_MAX_MS 5000
#define WAIT_MS 1000

/* Requests that a process holds while they wait, and how often it looks. */
#define DEFERRED_MAX 32
#define DEFERRED_MS 5

/* A request, and whether it waits. */
typedef struct {
    fcgi_t *fcgi;
    req_t rq;
    bool is_deferred;
} job_t;

/* One more than may wait: a process can always accept. */
typedef struct {
    const prefork_t *conf;
    job_t list[DEFERRED_MAX + 1];
    size_t deferred;
    int64_t resume_at; /* milliseconds */
    int64_t tick_at;   /* the same */
    int wait_fd;       /* for connections */
} jobs_t;

typedef struct {
    pid_t pid;                    /* 0: none */
    int64_t started_at, start_at; /* milliseconds */
    int64_t delay;
    bool is_old;    /* to be replaced */
    bool is_ending; /* was asked to end, for that reason */
} process_t;

typedef struct {
    const prefork_t *conf;
    pool_t *pool;
    listen_t listen;
    process_t *processes;
    bool is_draining; /* got a signal; serves what waits to be accepted */
    bool is_stopping; /* has sent SIGTERM to the processes */
} master_t;

static volatile sig_atomic_t stop_wanted;


static void
stop_note(int signal_number)
{
    (void)signal_number;
    stop_wanted = 1;
}


static void
signals_collect(sigset_t *set)
{
    sigemptyset(set);
    sigaddset(set, SIGCHLD);
    sigaddset(set, SIGTERM);
    sigaddset(set, SIGINT);
    sigaddset(set, SIGHUP);
}


/* --- a process ----------------------------------------------------------- */


/* SIGTERM and SIGINT reach the process only while it waits: a request is
 * never cut short, and none is accepted after the signal. */
static void
process_signals(sigset_t *waiting)
{
    struct sigaction stop = { .sa_handler = stop_note };
    struct sigaction ignore = { .sa_handler = SIG_IGN };

    sigaction(SIGTERM, &stop, NULL);
    sigaction(SIGINT, &stop, NULL);
    sigaction(SIGHUP, &ignore, NULL);
    sigaction(SIGPIPE, &ignore, NULL);
    sigemptyset(waiting);
}


/* Where a connection waits, listen_wait() reports that and not the signal:
 * under load a process would never end. */
static bool
must_stop(void)
{
    sigset_t pending;

    sigpending(&pending);

    if (sigismember(&pending, SIGTERM) == 1
        || sigismember(&pending, SIGINT) == 1) {
        stop_wanted = 1;
    }

    return stop_wanted;
}


static int
jobs_open(jobs_t *jobs, const master_t *master)
{
    jobs->conf = master->conf;
    jobs->wait_fd = listen_wait_open(&master->listen);

    if (jobs->wait_fd < 0) {
        return ERROR;
    }

    for (size_t i = 0; i <= DEFERRED_MAX; i++) {
        job_t *job = &jobs->list[i];

        job->rq.pool = pool_create();

        if (fcgi_open(master->pool, master->listen.fd, &job->fcgi) != OK) {
            return ERROR;
        }
    }

    return OK;
}


static void
jobs_close(jobs_t *jobs)
{
    for (size_t i = 0; i <= DEFERRED_MAX; i++) {
        pool_destroy(jobs->list[i].rq.pool);
    }

    close(jobs->wait_fd);
}


static void
job_end(job_t *job)
{
    fcgi_finish(job->fcgi);
    pool_reset(job->rq.pool);
}


static void
job_serve(jobs_t *jobs, job_t *job)
{
    req_t *rq = &job->rq;

    rq->may_defer = jobs->deferred < DEFERRED_MAX;
    log_request(rq->request_id);
    jobs->conf->serve(rq);
    job->is_deferred = rq->is_deferred && rq->may_defer;

    if (job->is_deferred) {
        jobs->deferred++;
    } else {
        reply_send(rq);
        job_end(job);
    }

    log_request(NULL);
}


static void
jobs_resume(jobs_t *jobs)
{
    int64_t now = clock_ms();

    if (jobs->deferred == 0 || now < jobs->resume_at) {
        return;
    }

    jobs->resume_at = now + DEFERRED_MS;

    for (size_t i = 0; i <= DEFERRED_MAX; i++) {
        job_t *job = &jobs->list[i];

        if (!job->is_deferred) {
            continue;
        }

        job->is_deferred = false;
        jobs->deferred--;

        if (req_client_gone(&job->rq)) {
            job_end(job);
        } else {
            fcgi_resume(&job->rq);
            job_serve(jobs, job);
        }
    }
}


static job_t *
job_free(jobs_t *jobs)
{
    job_t *job = jobs->list;

    while (job->is_deferred) {
        job++;
    }

    return job;
}


static void
jobs_accept(jobs_t *jobs)
{
    job_t *job = job_free(jobs);

    switch (fcgi_accept(job->fcgi, &job->rq)) {
    case OK:
        job_serve(jobs, job);
        return;
    case ERROR:
        poll(NULL, 0, DELAY_MIN_MS);
    }

    pool_reset(job->rq.pool);
}


/* For how long a process waits for connections; -1: until there is one. */
static int
jobs_wait_ms(const jobs_t *jobs)
{
    int64_t left = jobs->tick_at - clock_ms();

    if (jobs->deferred != 0) {
        return DEFERRED_MS;
    }

    if (jobs->conf->tick == NULL) {
        return -1;
    }

    return left > 0 ? (int)left : 0;
}


static void
jobs_tick(jobs_t *jobs)
{
    if (jobs->conf->tick != NULL && !stop_wanted
        && clock_ms() >= jobs->tick_at) {
        long ms = jobs->conf->tick();

        jobs->tick_at = clock_ms() + ms;
    }
}


/* Nothing is accepted after a signal to stop; what waits is served. */
static void
jobs_loop(jobs_t *jobs)
{
    sigset_t waiting;

    process_signals(&waiting);

    while (!must_stop() || jobs->deferred != 0) {
        int ms = jobs_wait_ms(jobs);

        if (stop_wanted) {
            poll(NULL, 0, ms);

        } else if (listen_wait(jobs->wait_fd, ms, &waiting) && !stop_wanted) {
            jobs_accept(jobs);
        }

        jobs_resume(jobs);
        jobs_tick(jobs);
    }
}


static int
process_run(const master_t *master, const process_t *process, pid_t parent)
{
    const prefork_t *conf = master->conf;
    jobs_t *jobs = pool_new(master->pool, jobs_t);

    waiting_place(process - master->processes);
    prctl(PR_SET_PDEATHSIG, SIGTERM);

    if (getppid() != parent) {
        return EXIT_FAILURE; /* the master ended before the line above */
    }

    if ((conf->init != NULL && conf->init() != OK)
        || jobs_open(jobs, master) != OK) {
        return EXIT_FAILURE;
    }

    jobs_loop(jobs);
    jobs_close(jobs);

    return EXIT_SUCCESS;
}


/* --- the master ---------------------------------------------------------- */


/* Twice the last delay, unless the process had lived for a while. */
static void
process_postpone(process_t *process)
{
    int64_t now = clock_ms();

    if (now - process->started_at >= SETTLED_MS) {
        process->delay = 0;

    } else if (process->delay == 0) {
        process->delay = DELAY_MIN_MS;

    } else if (process->delay < DELAY_MAX_MS) {
        process->delay *= 2;
    }

    process->start_at = now + process->delay;
}


static void
process_start(const master_t *master, process_t *process)
{
    pid_t parent = getpid();
    pid_t pid = fork();

    if (pid == 0) {
        int status = process_run(master, process, parent);

        pool_destroy(master->pool);
        exit(status);
    }

    process->started_at = clock_ms();
    process->is_old = process->is_ending = false;
    process->pid = pid < 0 ? 0 : pid;

    if (pid < 0) {
        log_error("cannot start a process: %s", strerror(errno));
        process_postpone(process);
    }
}


static void
processes_start(const master_t *master)
{
    int64_t now = clock_ms();

    for (long i = 0; i < master->conf->processes; i++) {
        process_t *process = &master->processes[i];

        if (process->pid == 0 && process->start_at <= now) {
            process_start(master, process);
        }
    }
}


static long
processes_alive(const master_t *master)
{
    long n = 0;

    for (long i = 0; i < master->conf->processes; i++) {
        n += master->processes[i].pid != 0;
    }

    return n;
}


static void
end_log(pid_t pid, int status)
{
    if (WIFSIGNALED(status)) {
        log_error("process %d was ended by signal %d (%s)", (int)pid,
                  WTERMSIG(status), strsignal(WTERMSIG(status)));

    } else if (WEXITSTATUS(status) != EXIT_SUCCESS) {
        log_error("process %d ended with status %d", (int)pid,
                  WEXITSTATUS(status));
    }
}


static void
processes_reap(master_t *master)
{
    for (long i = 0; i < master->conf->processes; i++) {
        process_t *process = &master->processes[i];
        int status;

        if (process->pid != 0
            && waitpid(process->pid, &status, WNOHANG) == process->pid) {
            end_log(process->pid, status);
            waiting_clear(i);
            process->pid = 0;
            process_postpone(process);
        }
    }
}


/* Asks one old process to end, once the one before it was replaced. */
static void
processes_replace(const master_t *master)
{
    process_t *old = NULL;

    for (long i = 0; i < master->conf->processes; i++) {
        process_t *process = &master->processes[i];

        if (process->pid == 0 || process->is_ending) {
            return;
        }

        if (process->is_old) {
            old = process;
        }
    }

    if (old != NULL) {
        old->is_ending = true;
        kill(old->pid, SIGTERM);
    }
}


/* Connections that wait at a socket of our own would be lost with it; at one
 * that was handed over they wait for the next program. */
static void
processes_stop(master_t *master)
{
    if (!master->listen.is_inherited && listen_has_waiting(&master->listen)) {
        return;
    }

    master->is_stopping = true;

    for (long i = 0; i < master->conf->processes; i++) {
        if (master->processes[i].pid != 0) {
            kill(master->processes[i].pid, SIGTERM);
        }
    }
}


static void
signal_take(master_t *master, int signal_number)
{
    switch (signal_number) {
    case SIGTERM:
    case SIGINT:
        master->is_draining = true;
        listen_withdraw(&master->listen);
        break;
    case SIGHUP:
        for (long i = 0; i < master->conf->processes; i++) {
            master->processes[i].is_old = master->processes[i].pid != 0;
        }
    }
}


static void
master_loop(master_t *master)
{
    const struct timespec wait = { 0, DELAY_MIN_MS * 1000000L };
    const struct timespec idle = { WAIT_MS / 1000, 0 };
    sigset_t set;

    signals_collect(&set);

    while (!master->is_stopping || processes_alive(master) != 0) {
        bool is_idle;

        if (!master->is_stopping) {
            processes_start(master);
            processes_replace(master);
        }

        is_idle = !master->is_draining
                  && processes_alive(master) == master->conf->processes;
        signal_take(master, sigtimedwait(&set, NULL, is_idle ? &idle : &wait));
        processes_reap(master);

        if (master->is_draining && !master->is_stopping) {
            processes_stop(master);
        }
    }
}


static int
master_run(master_t *master)
{
    const prefork_t *conf = master->conf;
    sigset_t set;

    /* the parent process may ignore it, and then the end of a process is not
     * reported */
    signal(SIGCHLD, SIG_DFL);
    signals_collect(&set);
    sigprocmask(SIG_BLOCK, &set, NULL);

    if (waiting_open(conf->processes) != OK
        || listen_open(conf->socket, &master->listen) != OK) {
        return EXIT_FAILURE;
    }

    master->processes =
        pool_alloc(master->pool, sizeof(process_t) * (size_t)conf->processes);
    log_info("listening at %s%s, processes: %ld", master->listen.path,
             master->listen.is_inherited ? ", passed by LISTEN_FDS" : "",
             conf->processes);

    master_loop(master);

    listen_close(&master->listen);
    log_info("stopped");

    return EXIT_SUCCESS;
}


int
prefork_run(const prefork_t *conf)
{
    master_t master = { .conf = conf, .pool = pool_create() };
    int status;

    json_open();
    status = master_run(&master);
    pool_destroy(master.pool);

    return status;
}
