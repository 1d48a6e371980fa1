/* What a thread that crashed leaves for the watchdog to tell: its own stack may be used up. */
static HANDLE crash;

static DWORD crash_code;

/* Tells of a crash, and of a call that does not come back. */
static DWORD WINAPI watchdog(LPVOID parameter)
{
    int crashed = WaitForSingleObject(crash, HANG_AFTER) == WAIT_OBJECT_0;
    int as_recorded = under_way != NULL && !under_way->returned && (crashed ? CRASHED : HUNG);

    (void)parameter;
    if (crashed) {
        printf("\nexception 0x%08lx%s\n", (unsigned long)crash_code,
               as_recorded ? ": the call crashed in the record too" : "");
    } else {
        printf("\n%s did not return within %d s%s.\n", under_way != NULL ? "This call" : "The program",
               HANG_AFTER / 1000, as_recorded ? ", as recorded" : "");
    }
    stop(as_recorded ? 0 : 1);
    return 0;
}

static LONG WINAPI crashed(EXCEPTION_POINTERS *exception)
{
    crash_code = exception->ExceptionRecord->ExceptionCode;
    SetEvent(crash);
    WaitForSingleObject(GetCurrentProcess(), INFINITE);
    return EXCEPTION_EXECUTE_HANDLER;
}

static void load(int count, char **arguments)
{
    WCHAR given[32768];
    WCHAR expanded[32768];
    WCHAR path[32768];
    WCHAR *slash;

    if (count > 1) {
        MultiByteToWideChar(CP_ACP, 0, arguments[1], -1, given, 32768);
    } else {
        wcscpy(given, DLL);
    }
    ExpandEnvironmentStringsW(given, expanded, 32768);
    GetFullPathNameW(expanded, 32768, path, NULL);
    if (count == 1 && GetFileAttributesW(path) == INVALID_FILE_ATTRIBUTES
        && GetModuleFileNameW(NULL, path, 32768) != 0 && (slash = wcsrchr(path, L'\\')) != NULL
        && wcslen(expanded) < 32768 - (size_t)(slash - path) - 2) {
        wcscpy(slash + 1, expanded);
    }
    module = LoadLibraryExW(path, NULL, LOAD_WITH_ALTERED_SEARCH_PATH);
    if (module == NULL) {
        printf("%ls does not load: error %lu; expected the provider's DLL (give its path: x.exe PATH)\n",
               path, GetLastError());
        stop(2);
    }
    startup = (LPWSPSTARTUP)(void (*)(void))GetProcAddress(module, "WSPStartup");
    if (startup == NULL) {
        printf("%ls has no WSPStartup\n", path);
        stop(2);
    }
}

static int start(WORD version)
{
    static WSPDATA data;
    WSPPROC_TABLE fresh;
    int code;

    memset(&fresh, 0, sizeof fresh);
    code = startup(version, &data, &info, upcalls, &fresh);
    if (code == 0) {
        table = fresh;
    }
    return code;
}

static void require_start(void)
{
    int code = start(MAKEWORD(2, 2));

    if (code != 0 || table.lpWSPSocket == NULL) {
        printf("WSPStartup(2.2) gives %s and %s; expected 0 and 30 procedures\n",
               code ? error_name(code) : "0", table.lpWSPSocket != NULL ? "procedures" : "none");
        stop(2);
    }
}

/* 0: every call that decides answered as recorded; 1: one did not. */
static int report(void)
{
    size_t i;
    int other = 0;
    int untold = 0;

    for (i = 0; i < sizeof calls / sizeof calls[0]; i++) {
        const struct call *c = &calls[i];
        int any = c->result == ANY_RESULT;

        if (c->decides && (!c->here_returned || !c->returned || c->here_error != c->error
                           || (any ? c->here == SOCKET_ERROR : c->here != c->result))) {
            other++;
        }
    }
    printf("\nexpected: %s\nrecorded: %s\nhere:     ", EXPECTED, RECORDED);
    for (i = 0; i < PARTS; i++) {
        const struct part *p = &parts[i];

        printf("%s%s", i ? "; " : "", p->before);
        untold += p->call < 0;
        if (p->call >= 0) {
            const struct call *c = &calls[p->call];

            printf("%s", answer(c->here, c->here_error, c->result == ANY_RESULT));
        }
    }
    printf("\n%s.\n", other ? "Another answer than recorded" : untold ? "The calls answered as recorded"
                                                                     : "The same answer");
    if (differences > other) {
        printf("%d calls around it answered otherwise.\n", differences - other);
    }
    return other != 0;
}
