/* Exit statuses: a contract of the command line. */
#ifndef WSPCHECK_ENGINE_EXIT_H
#define WSPCHECK_ENGINE_EXIT_H

enum exit_status {
    EXIT_NOTHING_RED = 0,
    EXIT_RED = 1,
    EXIT_WRONG_USE = 2,   /* nothing was run */
    EXIT_SUITE_FAILED = 3 /* or nothing at all was judged */
};

/* One line on stderr, and exit status 3. */
_Noreturn void exit_without_memory(void);

#endif
