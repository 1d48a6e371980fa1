/*
 * WSAEINPROGRESS: a blocking call is in progress on this thread, or the provider is still processing a
 * callback.
 *
 * A provider that blocks calls the hook that WPUQueryBlockingCallback gave it until the request is done;
 * meanwhile every other call on that thread fails, calls on other threads do not. A provider that was never
 * seen to call a hook can't be brought into the situation.
 */
#include "cases/scenario.h"

#include "host/trace.h"
#include "host/upcalls.h"

static const char word[] = "after the hook";

/* What happens while a blocking call waits: told to the hook by its context, judged after the call has
 * returned. */
struct waiting {
    SOCKET called_on; /* what the hook, or the other thread, calls the pair on */
    bool on_other_thread;
    HANDLE hook_ran; /* set when the hook was called for the first time */
    HANDLE release;  /* set when the blocking call may end */
    bool called;
    struct answer inside;          /* the pair's answer while the blocking call waits */
    void (*end)(struct waiting *); /* what lets the blocking call end */
    SOCKET peer;
    struct endpoint at;
    LONG asked_before;
    DWORD grace;
};

static void call_the_pair(void *argument)
{
    struct waiting *w = argument;

    w->inside = disconnect(w->called_on, NULL);
    w->called = true;
    SetEvent(w->release);
}

static BOOL CALLBACK hook(DWORD_PTR context)
{
    struct waiting *w = (struct waiting *)context;

    if (WaitForSingleObject(w->hook_ran, 0) != WAIT_OBJECT_0) {
        SetEvent(w->hook_ran);
        if (!w->on_other_thread) {
            call_the_pair(w);
        }
    }
    return TRUE;
}

/*
 * The other thread: waits for the hook, and lets the blocking call end. A hook that was not called in
 * `grace`, by a provider that has not even asked for one, counts as not called: the call ends without it.
 */
static void let_it_end(void *argument)
{
    struct waiting *w = argument;
    DWORD result = WaitForSingleObject(w->hook_ran, w->grace);

    if (result != WAIT_OBJECT_0 && trace_current()->hook_asked != w->asked_before) {
        result = WaitForSingleObject(w->hook_ran, case_patience());
    }
    if (result == WAIT_OBJECT_0) {
        if (w->on_other_thread) {
            call_the_pair(w);
        }
        WaitForSingleObject(w->release, case_patience());
    }
    w->end(w);
}

static void send_a_word(struct waiting *w)
{
    spi_send(w->peer, word, sizeof word - 1, 0);
}

static void connect_to_it(struct waiting *w)
{
    spi_connect(w->peer, &w->at.name.address, w->at.length, NULL, NULL);
}

static void send_a_datagram(struct waiting *w)
{
    spi_send(w->peer, word, sizeof word - 1, 0);
}

/* Make a blocking call with the hook set while another thread sees to its end. */
static struct answer block(struct waiting *w, struct answer (*call)(SOCKET, char *), SOCKET s, char *bytes,
                           DWORD grace)
{
    struct case_thread *t;
    struct answer a;

    w->hook_ran = new_event(false);
    w->release = new_event(false);
    w->called = false;
    w->grace = grace;
    w->asked_before = trace_current()->hook_asked;
    t = start_thread(let_it_end, w);
    blocking_hook_set(hook, (DWORD_PTR)w);
    a = call(s, bytes);
    blocking_hook_set(NULL, 0);
    finish_thread(t);
    return a;
}

static struct answer blocking_recv(SOCKET s, char *bytes)
{
    return spi_recv(s, bytes, sizeof word - 1, 0);
}

static struct answer blocking_accept(SOCKET s, char *unused)
{
    (void)unused;
    return spi_accept(s, NULL, NULL, NULL, 0);
}

/*
 * Find out whether the provider calls hooks at all, once an entry: a blocking receive that nothing ends for a
 * moment. The moment can pass before a slow machine has come to the call, so a "no" needs several, each
 * longer than the one before.
 */
static void need_a_hook(void)
{
    struct pair p;
    struct waiting w = {0};
    char bytes[sizeof word];

    for (DWORD grace = 50; case_hook_use() == HOOK_UNKNOWN && grace <= 450; grace *= 3) {
        p = entry_has(XP1_CONNECTIONLESS) ? datagram_pair() : connected_pair();
        w.called_on = new_socket();
        w.on_other_thread = true;
        w.peer = p.far_end;
        w.end = send_a_word;
        must(block(&w, blocking_recv, p.near_end, bytes, grace));
        if (w.called) {
            case_set_hook_use(HOOK_USED);
        }
    }
    if (case_hook_use() != HOOK_USED) {
        case_set_hook_use(HOOK_NEVER);
        unreached("the provider never calls a blocking hook: it blocks natively");
    }
}

static void need_the_call(const struct waiting *w, const char *call)
{
    if (!w->called) {
        unreached("the blocking hook was not called during %s", call);
    }
}

/* The refused call has harmed nothing: the connection carries data both ways. */
static void expect_unharmed(struct pair p)
{
    expect_success(spi_send(p.near_end, "ping", 4, 0));
    expect_that(receives_text(p.far_end, "ping"), "sending is unharmed", "sending no longer works");
    expect_success(spi_send(p.far_end, "pong", 4, 0));
    expect_that(receives_text(p.near_end, "pong"), "receiving is unharmed", "receiving no longer works");
}

static void recv_hook(void)
{
    struct pair p = connected_pair();
    struct waiting w = {.called_on = p.near_end, .peer = p.far_end, .end = send_a_word};
    char bytes[sizeof word];
    struct answer received = block(&w, blocking_recv, p.near_end, bytes, case_patience());

    need_the_call(&w, "WSPRecv");
    expect_error(WSAEINPROGRESS, w.inside);
    expect_success(received);
    expect_unharmed(p);
    expect_success(disconnect(p.near_end, NULL));
}

static void accept_hook(void)
{
    struct pair p = connected_pair();
    struct waiting w = {.called_on = p.near_end, .end = connect_to_it};
    SOCKET listening = listening_socket(5, &w.at);
    struct answer accepted;

    w.peer = new_socket();
    accepted = block(&w, blocking_accept, listening, NULL, case_patience());
    need_the_call(&w, "WSPAccept");
    expect_error(WSAEINPROGRESS, w.inside);
    expect_success(accepted);
    adopt_socket(accepted.socket);
    expect_unharmed(p);
    expect_success(disconnect(p.near_end, NULL));
}

static void datagram_hook(void)
{
    struct pair p = datagram_pair();
    struct waiting w = {.called_on = p.near_end, .peer = p.far_end, .end = send_a_datagram};
    char bytes[sizeof word];
    struct answer received = block(&w, blocking_recv, p.near_end, bytes, case_patience());

    need_the_call(&w, "WSPRecv");
    expect_error(WSAEINPROGRESS, w.inside);
    expect_success(received);
}

static void other_thread(void)
{
    struct pair blocked = connected_pair();
    struct pair p = connected_pair();
    struct waiting w = {
        .called_on = p.near_end, .on_other_thread = true, .peer = blocked.far_end, .end = send_a_word};
    char bytes[sizeof word];
    struct answer received = block(&w, blocking_recv, blocked.near_end, bytes, case_patience());

    need_the_call(&w, "WSPRecv");
    expect_success(w.inside);
    expect_success(received);
}

struct waiting_call {
    struct case_row row;
    void (*story)(void);
};

static const struct waiting_call waiting_calls[] = {
    {ROW("recv_hook", .needs = STREAM), recv_hook},
    {ROW("accept_hook", .needs = STREAM), accept_hook},
    {ROW("datagram_hook", .needs = DATAGRAM), datagram_hook},
    {ROW("other_thread", .needs = STREAM), other_thread},
};

/* Call it from the blocking hook of a receive or an accept; and, meanwhile, from another thread on another
 * socket. */
CASE(in_progress, BOTH_CALLS, COVERS(SD_06, RD_06), ROWS(waiting_calls))
{
    const struct waiting_call *waiting_call = this_row();

    need_a_hook();
    waiting_call->story();
}

struct condition {
    SOCKET called_on;
    bool called;
    struct answer inside;
};

static int CALLBACK condition(LPWSABUF caller_id, LPWSABUF caller_data, LPQOS sqos, LPQOS gqos,
                              LPWSABUF callee_id, LPWSABUF callee_data, GROUP *group, DWORD_PTR context)
{
    struct condition *c = (struct condition *)context;

    (void)caller_id, (void)caller_data, (void)sqos, (void)gqos, (void)callee_id, (void)callee_data,
        (void)group;
    c->inside = disconnect(c->called_on, NULL);
    c->called = true;
    return CF_ACCEPT;
}

/* Call it from WSPAccept's condition function, on another connection. No page says which callback is meant.
 */
CASE(in_condition_function, BOTH_CALLS, COVERS(SD_06, RD_06, X_36), NEEDS(STREAM))
{
    struct pair p = connected_pair();
    struct condition c = {.called_on = p.near_end};
    struct endpoint at;
    SOCKET listening = listening_socket(5, &at);
    SOCKET connecting = new_socket();
    struct watch w;
    struct answer accepted;

    start_connect(connecting, &at);
    watch(&w, listening, FD_ACCEPT);
    if (!wait_for(&w, FD_ACCEPT)) {
        unreached("the listening socket never posted FD_ACCEPT");
    }
    accepted = must(spi_accept(listening, NULL, NULL, condition, (DWORD_PTR)&c));
    adopt_socket(accepted.socket);
    if (!c.called) {
        unreached("WSPAccept did not call the condition function");
    }
    expect_or_tolerate(WSAEINPROGRESS, TOLERATED(SUCCESS), "no page says which callback is meant", c.inside);
    if (!answer_ok(c.inside)) {
        expect_unharmed(p);
    }
}
